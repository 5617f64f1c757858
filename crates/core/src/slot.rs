//! Slots: where the answer to an outside call lands, found by the host's token, gone with the future that waits.

use crate::host::HeaderList;
use crate::ids::Ids;
use crate::root::Root;
use crate::time::{look_after_calls, monotonic};
use crate::{task, uses};
use std::cell::{Cell, RefCell};
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
    due: Cell<Due>,
    outcome: Cell<Option<Outcome>>,
    waker: Cell<Option<Waker>>,
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
    /// The calls without an outcome.
    static OPEN: RefCell<Ids<Rc<Slot>>> = const { RefCell::new(Ids::new()) };
}

/// Waits for the answer with a given token. Dropping it forgets the call: a late answer is ignored.
pub(crate) struct Waiting {
    token: u32,
    slot: Rc<Slot>,
}

impl Waiting {
    /// For a call just made. Its time runs out when the clock says `deadline`. It is kept here and not by a timer of its
    /// own: nearly all calls are answered long before, and cost nothing for it then.
    pub(crate) fn until(token: u32, max_body: usize, deadline: Duration) -> Self {
        Self::new(token, max_body, Due::At(deadline), task::root())
    }

    /// For a call just made, which the gateway itself is to end after `limit`: [`GRACE`] behind that, or up to a quarter of
    /// `limit` later still, its time runs out. Gives also a time up to a quarter before now, or more if the tick is late.
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
        let slot = Rc::new(Slot {
            max_body,
            root: root.as_ref().map(|root| root.id),
            due: Cell::new(due),
            outcome: Cell::new(None),
            waker: Cell::new(None),
        });
        let other = OPEN.with(|open| open.borrow_mut().insert(token, slot.clone()));
        if let Some(other) = other {
            // The host has given its number away, and will say no more of it.
            other.end(Outcome::Reset);
        }
        if let Some(root) = root {
            look_after_calls(expire);
            if let Due::At(deadline) = due {
                root.timers.arm(deadline);
            }
        }
        Self { token, slot }
    }
}

impl Future for Waiting {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        match self.slot.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                self.slot.waker.set(Some(cx.waker().clone()));
                Poll::Pending
            }
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // While the call is open its slot is in the list too.
        if Rc::strong_count(&self.slot) > 1 {
            forget(self.token);
        }
    }
}

#[inline(never)]
fn forget(token: u32) {
    // A native test's thread may end with calls under way, and take the list away first.
    let gone = OPEN.try_with(|open| open.borrow_mut().remove(token));
    drop(gone);
}

/// Hands an outcome to whoever waits for `token`; false, without reading anything, when nobody does (any more).
/// `outcome` is given the largest body that the waiter takes.
pub(crate) fn fill(token: u32, outcome: impl FnOnce(usize) -> Outcome) -> bool {
    let slot = OPEN.with(|open| open.borrow_mut().remove(token));
    let Some(slot) = slot else { return false };
    slot.end(outcome(slot.max_body));
    true
}

/// Ends the waits that a root's clock has overtaken. Gives the deadline of the next.
fn expire(root: u32, now: Duration) -> Option<Duration> {
    let (mut late, mut next) = (Vec::new(), None);
    let ended = OPEN.with(|open| {
        let mut open = open.borrow_mut();
        for (token, slot) in open.iter().filter(|(_, slot)| slot.root == Some(root)) {
            let deadline = slot.deadline(now);
            match deadline <= now {
                true => late.push(token),
                false => next = Some(next.map_or(deadline, |next: Duration| next.min(deadline))),
            }
        }
        open.take(&late)
    });
    ended.into_iter().for_each(|slot| slot.end(Outcome::Late));
    next
}

impl Slot {
    /// As seen by a tick at `now`.
    fn deadline(&self, now: Duration) -> Duration {
        let deadline = match self.due.get() {
            Due::At(deadline) => deadline,
            Due::AfterTick(limit) => now.saturating_add(limit).saturating_add(GRACE),
        };
        self.due.set(Due::At(deadline));
        deadline
    }

    fn end(&self, outcome: Outcome) {
        self.outcome.set(Some(outcome));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
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
        enter(Current::Root(root), || Waiting::until(token, 10, deadline))
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
    fn while_a_tick_is_due_soon_the_clock_is_not_read() {
        let host = FakeHost::install();
        let [limit, tick] = [400, 100].map(Duration::from_millis);
        let root = Rc::new(Root::new(1, "test", |_| unreachable!("nothing is configured")));
        root.timers.arm(tick);
        host.advance_clock(tick / 2);
        let call_within = |token, limit| enter(Current::Root(root.clone()), || Waiting::within(token, 10, limit));
        let (soon, before) = call_within(7, limit);
        assert_eq!(before, Duration::ZERO);
        let just_less = limit - Duration::from_millis(1);
        let (late, before) = call_within(8, just_less);
        assert_eq!(before, tick / 2);
        assert_eq!(expire(1, tick), Some(tick / 2 + just_less + GRACE));
        drop(late);
        assert_eq!(expire(1, 2 * tick), Some(tick + limit + GRACE), "what the first tick has said stays");
        drop(soon);
    }

    #[test]
    fn a_token_that_is_given_away_again_ends_the_call_that_had_it() {
        let _host = FakeHost::install();
        let [mut first, mut second] = [SECOND, SECOND].map(|deadline| call_of(1, 7, deadline));
        assert!(matches!(outcome(&mut first), Poll::Ready(Outcome::Reset)));
        drop(first);
        assert!(fill(7, |_| Outcome::Reply(vec![1])));
        assert!(matches!(outcome(&mut second), Poll::Ready(Outcome::Reply(_))));
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
