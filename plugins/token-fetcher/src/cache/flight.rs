//! One fetch that many requests wait for. It belongs to none of them, so that it outlives each.

use super::{Cache, Token};
use plugin_core::prelude::*;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// A fetch under way.
#[derive(Default)]
pub(crate) struct Flight {
    outcome: RefCell<Outcome>,
    wakers: RefCell<Vec<Waker>>,
    waiting: Cell<usize>,
}

#[derive(Clone, Default)]
enum Outcome {
    #[default]
    UnderWay,
    Ended(Result<Rc<Token>>),
    /// The fetch was given up: the root context it ran in is gone, while requests of its configuration still waited.
    Lost,
}

impl Flight {
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.get()
    }

    /// Waits for the end; `None` when there will be none.
    pub(crate) async fn wait(&self) -> Option<Result<Rc<Token>>> {
        let _seat = Taken::new(&self.waiting);
        let mut place = None;
        poll_fn(|cx| match &*self.outcome.borrow() {
            Outcome::Ended(result) => Poll::Ready(Some(result.clone())),
            Outcome::Lost => Poll::Ready(None),
            Outcome::UnderWay => {
                let mut wakers = self.wakers.borrow_mut();
                match place.and_then(|place: usize| wakers.get_mut(place)) {
                    Some(waker) => waker.clone_from(cx.waker()),
                    None => {
                        place = Some(wakers.len());
                        wakers.push(cx.waker().clone());
                    }
                }
                Poll::Pending
            }
        })
        .await
    }

    fn end(&self, outcome: Outcome) {
        *self.outcome.borrow_mut() = outcome;
        let wakers = self.wakers.take();
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// A seat that is free again when its holder is gone.
struct Taken<'a>(&'a Cell<usize>);

impl<'a> Taken<'a> {
    fn new(count: &'a Cell<usize>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flight({} wait)", self.waiting.get())
    }
}

/// Ends a flight, whatever becomes of the work that owns it: nobody is left waiting.
pub(crate) struct Landing {
    cache: Rc<Cache>,
    key: Vec<u8>,
    flight: Rc<Flight>,
    ended: bool,
}

impl Landing {
    pub(crate) fn new(cache: Rc<Cache>, key: Vec<u8>, flight: Rc<Flight>) -> Self {
        Self { cache, key, flight, ended: false }
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    pub(crate) fn end(mut self, result: Result<Rc<Token>>) {
        self.ended = true;
        self.cache.end_flight(&self.key, &self.flight);
        self.flight.end(Outcome::Ended(result));
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        if !self.ended {
            self.cache.end_flight(&self.key, &self.flight);
            self.flight.end(Outcome::Lost);
        }
    }
}
