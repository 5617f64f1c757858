//! Requests of one subject that arrive while a call for it is under way wait for it, and then go together in one call.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// All subjects that are asked about right now: as many as there are calls under way, so a list will do.
pub(crate) struct Lines<T>(RefCell<Vec<Rc<Line<T>>>>);

struct Line<T> {
    key: String,
    busy: Cell<bool>,
    waiting: RefCell<VecDeque<Rc<Ticket<T>>>>,
}

struct Ticket<T> {
    outcome: RefCell<Option<T>>,
    waker: RefCell<Option<Waker>>,
}

/// One request's place in the line. Dropping it leaves the line, and hands on a turn that it had.
pub(crate) struct Place<'a, T> {
    lines: &'a Lines<T>,
    line: Rc<Line<T>>,
    ticket: Rc<Ticket<T>>,
    /// While this request asks for all: those it asks for.
    leads: RefCell<Option<Vec<Rc<Ticket<T>>>>>,
}

/// What it is a request's turn to do.
pub(crate) enum Turn<T> {
    /// Ask for so many requests, this one included, and [`Place::share`] what comes.
    Ask(u64),
    /// Another request asked for this one too.
    Answered(T),
}

impl<T> Default for Lines<T> {
    fn default() -> Self {
        Self(RefCell::new(Vec::new()))
    }
}

impl<T> Lines<T> {
    /// Gets into the line of a subject.
    pub(crate) fn enter(&self, key: String) -> Place<'_, T> {
        let known = self.0.borrow().iter().find(|line| line.key == key).cloned();
        let line = known.unwrap_or_else(|| {
            let line = Line::new(key);
            self.0.borrow_mut().push(line.clone());
            line
        });
        let ticket = Rc::new(Ticket { outcome: RefCell::new(None), waker: RefCell::new(None) });
        line.waiting.borrow_mut().push_back(ticket.clone());
        Place { lines: self, line, ticket, leads: RefCell::new(None) }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.0.borrow().len()
    }
}

impl<T> Line<T> {
    fn new(key: String) -> Rc<Self> {
        Rc::new(Self { key, busy: Cell::new(false), waiting: RefCell::new(VecDeque::new()) })
    }

    /// Lets the last in line ask, for all: it has the most time left, so none of the others loses by it.
    fn wake_last(&self) {
        let last = self.waiting.borrow().back().cloned();
        if let Some(last) = last.filter(|_| !self.busy.get()) {
            last.wake();
        }
    }
}

impl<T> Ticket<T> {
    fn wake(&self) {
        let waker = self.waker.borrow_mut().take();
        waker.into_iter().for_each(Waker::wake);
    }
}

impl<T> Place<'_, T> {
    /// Whether nobody asks for this subject right now, so that it is this request's turn.
    pub(crate) fn is_free(&self) -> bool {
        !self.line.busy.get()
    }

    /// Waits until it is this request's turn to ask, or another one has asked for it.
    pub(crate) async fn turn(&self) -> Turn<T> {
        poll_fn(|cx| {
            if let Some(outcome) = self.ticket.outcome.borrow_mut().take() {
                return Poll::Ready(Turn::Answered(outcome));
            }
            if self.line.busy.replace(true) {
                *self.ticket.waker.borrow_mut() = Some(cx.waker().clone());
                return Poll::Pending;
            }
            let batch: Vec<_> = self.line.waiting.borrow_mut().drain(..).collect();
            let wanted = batch.len() as u64;
            *self.leads.borrow_mut() = Some(batch);
            Poll::Ready(Turn::Ask(wanted))
        })
        .await
    }

    /// Hands out what came of asking; `outcome` is given each one's number, from 0. Gives this request its own.
    pub(crate) fn share(&self, outcome: impl Fn(u64) -> T) -> T {
        let batch = self.leads.borrow_mut().take().unwrap_or_default();
        let mut own = None;
        for (number, ticket) in (0_u64..).zip(&batch) {
            if Rc::ptr_eq(ticket, &self.ticket) {
                own = Some(number);
            } else {
                *ticket.outcome.borrow_mut() = Some(outcome(number));
                ticket.wake();
            }
        }
        self.line.busy.set(false);
        self.line.wake_last();
        outcome(own.unwrap_or(0))
    }
}

impl<T> Drop for Place<'_, T> {
    fn drop(&mut self) {
        if let Some(batch) = self.leads.borrow_mut().take() {
            // Left in the middle of asking, because the client went away: the others ask again, but not for those who
            // left before, whose tickets nobody else holds.
            let mut waiting = self.line.waiting.borrow_mut();
            let here = batch.into_iter().rev().filter(|ticket| Rc::strong_count(ticket) > 1);
            here.for_each(|ticket| waiting.push_front(ticket));
            self.line.busy.set(false);
        }
        self.line.waiting.borrow_mut().retain(|ticket| !Rc::ptr_eq(ticket, &self.ticket));
        self.line.wake_last();
        if !self.line.busy.get() && self.line.waiting.borrow().is_empty() {
            self.lines.0.borrow_mut().retain(|line| !Rc::ptr_eq(line, &self.line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::Context;

    fn poll<F: Future>(future: F) -> Option<F::Output> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    fn wanted(place: &Place<'_, u64>) -> Option<Result<u64, u64>> {
        poll(place.turn()).map(|turn| match turn {
            Turn::Ask(wanted) => Ok(wanted),
            Turn::Answered(outcome) => Err(outcome),
        })
    }

    #[test]
    fn who_comes_while_one_asks_goes_with_the_next() {
        let lines = Lines::default();
        let first = lines.enter("a".to_owned());
        assert_eq!(wanted(&first), Some(Ok(1)));
        let (second, third) = (lines.enter("a".to_owned()), lines.enter("a".to_owned()));
        let other = lines.enter("b".to_owned());
        assert_eq!((wanted(&second), wanted(&third), wanted(&other)), (None, None, Some(Ok(1))));
        assert_eq!(first.share(|number| number + 10), 10);
        assert_eq!(wanted(&third), Some(Ok(2)));
        assert_eq!(wanted(&second), None);
        assert_eq!(third.share(|number| number + 20), 21);
        assert_eq!(wanted(&second), Some(Err(20)));
        drop((first, second, third, other));
        assert_eq!(lines.len(), 0);
    }

    #[test]
    fn who_leaves_while_asking_hands_the_turn_on() {
        let lines = Lines::default();
        let first = lines.enter("a".to_owned());
        assert_eq!(wanted(&first), Some(Ok(1)));
        let (second, third) = (lines.enter("a".to_owned()), lines.enter("a".to_owned()));
        assert_eq!(wanted(&second), None);
        drop(first);
        assert_eq!(wanted(&second), Some(Ok(2)));
        let fourth = lines.enter("a".to_owned());
        drop(second);
        assert_eq!(wanted(&fourth), Some(Ok(2)));
        assert_eq!(fourth.share(|number| number), 1);
        assert_eq!(wanted(&third), Some(Err(0)));
        drop((third, fourth));
        assert_eq!(lines.len(), 0);
    }

    #[test]
    fn who_left_before_the_one_that_asks_is_not_asked_for_again() {
        let lines = Lines::default();
        let places: Vec<_> = (0..3).map(|_| lines.enter("a".to_owned())).collect();
        let [first, second, third] = <[_; 3]>::try_from(places).ok().unwrap();
        assert_eq!(wanted(&first), Some(Ok(3)));
        drop(second);
        drop(first);
        assert_eq!(wanted(&third), Some(Ok(1)));
        assert_eq!(third.share(|number| number), 0);
        drop(third);
        assert_eq!(lines.len(), 0, "a line of nobody is kept");
    }
}
