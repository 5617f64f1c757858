//! Slots: where the answer to an outside call lands, found by the host's token, gone with the future that waits.

use crate::host::HeaderList;
use crate::ids::Ids;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// The answer to an HTTP call, copied out of the host's buffers.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) headers: HeaderList,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: HeaderList,
}

/// How an outside call ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// An answer, in a box: it goes through many hands, and copying it costs each more than its pointer does.
    Answer(Box<Message>),
    /// A Redis reply.
    Reply(Vec<u8>),
    /// An answer whose body was larger than allowed and therefore not copied.
    TooLarge(usize),
    /// The connection broke, or the host itself refused the answer for its size.
    Reset,
}

struct Slot {
    max_body: usize,
    outcome: Option<Outcome>,
    waker: Option<Waker>,
}

thread_local! {
    static SLOTS: RefCell<Ids<Rc<RefCell<Slot>>>> = const { RefCell::new(Ids::new()) };
}

/// Waits for the answer with a given token. Dropping it forgets the call: a late answer is ignored.
pub(crate) struct Waiting {
    token: u32,
    slot: Rc<RefCell<Slot>>,
}

impl Waiting {
    pub(crate) fn new(token: u32, max_body: usize) -> Self {
        let slot = Rc::new(RefCell::new(Slot { max_body, outcome: None, waker: None }));
        SLOTS.with(|slots| slots.borrow_mut().insert(token, slot.clone()));
        Self { token, slot }
    }
}

impl Future for Waiting {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let mut slot = self.slot.borrow_mut();
        match slot.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                slot.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // A native test's thread may end with calls under way, and take the table away first.
        let _ = SLOTS.try_with(|slots| slots.borrow_mut().remove(self.token));
    }
}

/// Hands an outcome to whoever waits for `token`; false, without reading anything, when nobody does.
/// `outcome` is given the largest body that the waiter takes.
pub(crate) fn fill(token: u32, outcome: impl FnOnce(usize) -> Outcome) -> bool {
    let Some(slot) = SLOTS.with(|slots| slots.borrow_mut().remove(token)) else { return false };
    let max_body = slot.borrow().max_body;
    let outcome = outcome(max_body);
    let waker = {
        let mut slot = slot.borrow_mut();
        slot.outcome = Some(outcome);
        slot.waker.take()
    };
    if let Some(waker) = waker {
        waker.wake();
    }
    true
}
