//! Slots: where the answer to an outside call lands, found by the host's token, gone with the future that waits.

use crate::host::HeaderList;
use crate::ids::Ids;
use crate::root::Root;
use crate::time::{look_after_calls, monotonic};
use crate::{task, uses};
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

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
    /// Its time ran out.
    Late,
}

struct Slot {
    max_body: usize,
    /// The root context whose tick looks at the deadline.
    root: Option<u32>,
    due: Due,
    outcome: Option<Outcome>,
    waker: Option<Waker>,
}

/// The gateway's own timer ends a call that hangs. It does not cover every way to hang (a queued connection, say), so
/// core looks at the clock too, this much later.
const GRACE: Duration = Duration::from_millis(50);

/// When the time of a call runs out.
#[derive(Clone, Copy)]
enum Due {
    /// When the clock says this.
    At(Duration),
    /// This long, and [`GRACE`], after the next tick.
    AfterTick(Duration),
}

thread_local! {
    /// In boxes, as the list is moved when one of many calls ends.
    static SLOTS: RefCell<Ids<Box<Slot>>> = const { RefCell::new(Ids::new()) };
}

/// Waits for the answer with a given token. Dropping it forgets the call: a late answer is ignored.
pub(crate) struct Waiting {
    token: u32,
    ended: bool,
}

impl Waiting {
    /// For a call just made. Its time runs out when the clock says `deadline`. It is kept here and not by a timer of its
    /// own: nearly all calls are answered long before, and cost nothing for it then.
    pub(crate) fn until(token: u32, max_body: usize, deadline: Duration) -> Self {
        Self::new(token, max_body, Due::At(deadline), task::root())
    }

    /// For a call just made, which the gateway itself is to end after `limit`: [`GRACE`] behind that, or up to a quarter of
    /// `limit` later still, its time runs out. Gives also a time up to a quarter before now.
    ///
    /// The clock costs half a microsecond between two requests, so it is read only when no tick is due soon: the next one
    /// says when the time began.
    pub(crate) fn within(token: u32, max_body: usize, limit: Duration) -> (Self, Duration) {
        let root = task::root();
        let (due, before) = match root.as_ref().and_then(|root| root.timers.shortly_before(limit)) {
            Some(before) => (Due::AfterTick(limit), before),
            None => {
                let now = monotonic();
                (Due::At(now.saturating_add(limit).saturating_add(GRACE)), now)
            }
        };
        (Self::new(token, max_body, due, root), before)
    }

    fn new(token: u32, max_body: usize, due: Due, root: Option<Rc<Root>>) -> Self {
        uses::timer();
        let slot = Slot { max_body, root: root.as_ref().map(|root| root.id), due, outcome: None, waker: None };
        let before = SLOTS.with(|slots| slots.borrow_mut().insert(token, Box::new(slot)));
        drop(before);
        if let Some(root) = root {
            look_after_calls(expire);
            if let Due::At(deadline) = due {
                root.timers.arm(deadline);
            }
        }
        Self { token, ended: false }
    }
}

impl Future for Waiting {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let outcome = SLOTS.with(|slots| {
            let mut slots = slots.borrow_mut();
            let slot = slots.get_mut(self.token)?;
            if slot.outcome.is_none() {
                slot.waker = Some(cx.waker().clone());
                return None;
            }
            slots.remove(self.token).and_then(|slot| slot.outcome)
        });
        match outcome {
            Some(outcome) => {
                self.ended = true;
                Poll::Ready(outcome)
            }
            None => Poll::Pending,
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.ended {
            forget(self.token);
        }
    }
}

#[inline(never)]
fn forget(token: u32) {
    // A native test's thread may end with calls under way, and take the table away first.
    let gone = SLOTS.try_with(|slots| slots.borrow_mut().remove(token));
    drop(gone);
}

/// Hands an outcome to whoever waits for `token`; false, without reading anything, when nobody does (any more).
/// `outcome` is given the largest body that the waiter takes.
pub(crate) fn fill(token: u32, outcome: impl FnOnce(usize) -> Outcome) -> bool {
    let open = |slot: &&mut Box<Slot>| slot.outcome.is_none();
    let max_body = SLOTS.with(|slots| slots.borrow_mut().get_mut(token).filter(open).map(|slot| slot.max_body));
    let Some(max_body) = max_body else { return false };
    let outcome = outcome(max_body);
    let waker = SLOTS.with(|slots| slots.borrow_mut().get_mut(token).and_then(|slot| slot.end(outcome)));
    waker.into_iter().for_each(Waker::wake);
    true
}

/// Ends the waits that a root's clock has overtaken. Gives the deadline of the next.
fn expire(root: u32, now: Duration) -> Option<Duration> {
    let (mut due, mut next) = (Vec::new(), None);
    SLOTS.with(|slots| {
        let mut slots = slots.borrow_mut();
        for slot in slots.values_mut().filter(|slot| slot.root == Some(root) && slot.outcome.is_none()) {
            let deadline = slot.deadline(now);
            match deadline <= now {
                true => due.extend(slot.end(Outcome::Late)),
                false => next = Some(next.map_or(deadline, |next: Duration| next.min(deadline))),
            }
        }
    });
    due.into_iter().for_each(Waker::wake);
    next
}

impl Slot {
    /// As seen by a tick at `now`.
    fn deadline(&mut self, now: Duration) -> Duration {
        let deadline = match self.due {
            Due::At(deadline) => deadline,
            Due::AfterTick(limit) => now.saturating_add(limit).saturating_add(GRACE),
        };
        self.due = Due::At(deadline);
        deadline
    }

    /// Gives whom to wake.
    fn end(&mut self, outcome: Outcome) -> Option<Waker> {
        self.outcome = Some(outcome);
        self.waker.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::{Current, enter};
    use crate::testing::FakeHost;

    const SECOND: Duration = Duration::from_secs(1);

    fn call_of(root: u32, token: u32, deadline: Duration) -> Waiting {
        let root = Rc::new(Root::new(root, "test", |_| unreachable!("nothing is configured")));
        enter(Current { root, exchange: None }, || Waiting::until(token, 10, deadline))
    }

    fn outcome(call: &mut Waiting) -> Poll<Outcome> {
        Pin::new(call).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_root_ends_its_own_overdue_calls_and_says_which_comes_next() {
        let _host = FakeHost::install();
        let mut calls = [(1, 7, SECOND), (2, 8, SECOND), (1, 9, 3 * SECOND), (1, 10, 2 * SECOND)]
            .map(|(root, token, deadline)| call_of(root, token, deadline));
        assert_eq!(expire(1, SECOND), Some(2 * SECOND));
        let ended = calls.each_mut().map(|call| outcome(call).is_ready());
        assert_eq!(ended, [true, false, false, false]);
        assert_eq!(expire(2, SECOND / 2), Some(SECOND));
        drop(calls);
        assert_eq!((expire(1, Duration::ZERO), expire(2, Duration::ZERO)), (None, None));
    }

    #[test]
    fn what_comes_after_the_deadline_is_not_read() {
        let _host = FakeHost::install();
        let mut call = call_of(1, 7, SECOND);
        assert_eq!(expire(1, SECOND), None);
        assert!(!fill(7, |_| unreachable!("nobody waits")));
        assert!(matches!(outcome(&mut call), Poll::Ready(Outcome::Late)));
    }
}
