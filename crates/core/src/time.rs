//! Time: `sleep`, `timeout`, and the timers behind them, driven by the root context's tick.

use crate::doubling::Doubling;
use crate::host::{Host, host};
use crate::{task, uses};
use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fmt;
use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

/// The wall clock of the gateway.
pub fn now() -> SystemTime {
    host().now()
}

/// A clock that never goes back, for measuring; its zero means nothing.
pub fn monotonic() -> Duration {
    host().monotonic()
}

/// Whole milliseconds. Std's own count has 128 bits, which a module computes and prints with 2 KB of code.
#[inline(never)]
pub fn millis(duration: Duration) -> u64 {
    const MOST: u64 = u64::MAX / 1000 - 1;
    // Not saturating: that takes a multiplication to 128 bits.
    duration.as_secs().min(MOST).wrapping_mul(1000).wrapping_add(u64::from(duration.subsec_millis()))
}

/// Waits. The gateway's timer has a resolution of one millisecond.
pub fn sleep(duration: Duration) -> Sleep {
    Sleep { duration, timer: None }
}

/// Gives `future` at most `duration`.
pub async fn timeout<F: Future>(duration: Duration, future: F) -> Result<F::Output, Elapsed> {
    Timed { future: std::pin::pin!(future), sleep: sleep(duration) }.await
}

/// A future and the time it is given. By hand: an `async fn` would keep each of them twice.
struct Timed<F> {
    future: F,
    sleep: Sleep,
}

impl<F: Future + Unpin> Future for Timed<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match Pin::new(&mut self.future).poll(cx) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => Pin::new(&mut self.sleep).poll(cx).map(|()| Err(Elapsed)),
        }
    }
}

/// The time given to [`timeout`] ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("time ran out")
    }
}

impl std::error::Error for Elapsed {}

/// Future of [`sleep`].
#[must_use = "futures do nothing unless awaited"]
pub struct Sleep {
    duration: Duration,
    timer: Option<Timer>,
}

struct Timer {
    deadline: Duration,
    /// Shared with the root's list; emptied when the sleeper is dropped.
    waker: Rc<RefCell<Option<Waker>>>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        uses::timer();
        let Some(root) = task::root() else { return Poll::Pending };
        let now = monotonic();
        let timer = match &self.timer {
            Some(timer) => timer,
            None => {
                let timer = root.timers.add(now.saturating_add(self.duration), cx.waker());
                self.timer.insert(timer)
            }
        };
        if timer.deadline <= now {
            return Poll::Ready(());
        }
        *timer.waker.borrow_mut() = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        // The tick stays armed: it costs less to let it find nothing than to ask the host to disarm it each time.
        let waker = self.timer.as_ref().and_then(|timer| timer.waker.borrow_mut().take());
        drop(waker);
    }
}

/// A timer in the heap, the earliest on top.
struct Entry(Timer);

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.0.deadline == other.0.deadline
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.deadline.cmp(&self.0.deadline)
    }
}

/// Ends the calls of a root that are overdue at a given time, and gives the deadline of the next.
type Expire = fn(u32, Duration) -> Option<Duration>;

thread_local! {
    // Pointers that the compiler does not see through, so that a plugin without metrics or calls lacks their code.
    static AT_TICK: Cell<Option<fn()>> = const { Cell::new(None) };
    static EXPIRE: Cell<Option<Expire>> = const { Cell::new(None) };
}

/// Has the next tick, of whatever root, do `work`.
pub(crate) fn at_tick(work: fn()) {
    AT_TICK.set(Some(black_box(work)));
}

/// Has all ticks look after the deadlines of calls.
pub(crate) fn look_after_calls(expire: Expire) {
    EXPIRE.set(Some(black_box(expire)));
}

fn do_what_ticks_do() {
    if let Some(work) = AT_TICK.take() {
        work();
    }
}

/// The timers of one root context. The host's tick is armed for the earliest one and off when there is none.
pub(crate) struct Timers {
    root: u32,
    waiting: RefCell<BinaryHeap<Entry>>,
    /// When the abandoned ones are thrown out. Nearly every timer is one: the limit of something that is done long before.
    /// Left until they are due, 10,000 a second would be a heap of megabytes.
    sweep: Doubling,
    armed: Cell<Option<Armed>>,
}

/// The tick that comes next.
#[derive(Clone, Copy)]
struct Armed {
    due: Duration,
    /// When it was asked for.
    asked: Duration,
    /// Four times as long as from there to the tick.
    fourfold: Duration,
}

impl Timers {
    pub(crate) fn new(root: u32) -> Self {
        Self { root, waiting: RefCell::default(), sweep: Doubling::new(), armed: Cell::new(None) }
    }

    /// Turns the tick off for good, and does what it would have done: the host would go on ticking for a root that is gone.
    pub(crate) fn stop(&self) {
        do_what_ticks_do();
        const GONE: Armed = Armed { due: Duration::ZERO, asked: Duration::ZERO, fourfold: Duration::MAX };
        if self.armed.replace(Some(GONE)).is_some() {
            host().set_tick_period(0);
        }
    }

    fn add(&self, deadline: Duration, waker: &Waker) -> Timer {
        let waker = Rc::new(RefCell::new(Some(waker.clone())));
        let mut waiting = self.waiting.borrow_mut();
        if self.sweep.is_due(waiting.len()) {
            waiting.retain(|Entry(timer)| timer.waker.borrow().is_some());
            self.sweep.done(waiting.len());
        }
        waiting.push(Entry(Timer { deadline, waker: Rc::clone(&waker) }));
        drop(waiting);
        self.arm(deadline);
        Timer { deadline, waker }
    }

    /// Asks for a tick as soon as possible.
    pub(crate) fn wake_soon(&self) {
        self.arm(Duration::ZERO);
    }

    /// Asks for a tick when the clock says `deadline`.
    pub(crate) fn arm(&self, deadline: Duration) {
        if self.armed.get().is_none_or(|armed| deadline < armed.due) {
            let asked = monotonic();
            let wait = deadline.saturating_sub(asked);
            self.armed.set(Some(Armed { due: deadline, asked, fourfold: wait.saturating_mul(4) }));
            // Round up: a tick that comes early would only have to be armed again.
            let more = u64::from(!wait.subsec_nanos().is_multiple_of(1_000_000));
            self.set_tick_period(u32::try_from(millis(wait).saturating_add(more)).unwrap_or(u32::MAX).max(1));
        }
    }

    /// While a tick is due within a quarter of `limit`: when it was asked for, which is within a quarter before now unless
    /// the tick is late.
    pub(crate) fn shortly_before(&self, limit: Duration) -> Option<Duration> {
        self.armed.get().filter(|armed| armed.fourfold <= limit).map(|armed| armed.asked)
    }

    /// The host books a tick on the root of the context it is asked in, which need not be this one.
    fn set_tick_period(&self, period_ms: u32) {
        let here = task::current().map(|current| (current.root().id, current.exchange().map(|exchange| exchange.id)));
        if here.is_none_or(|(root, _)| root == self.root) {
            return host().set_tick_period(period_ms);
        }
        if host().set_effective_context(self.root).is_ok() {
            host().set_tick_period(period_ms);
        }
        if let Some((root, exchange)) = here {
            let _ = host().set_effective_context(exchange.unwrap_or(root));
        }
    }

    /// Wakes whoever is due and arms the tick for the next.
    pub(crate) fn tick(&self) {
        do_what_ticks_do();
        let now = monotonic();
        self.armed.set(None);
        let mut due = Vec::new();
        let next = loop {
            let mut waiting = self.waiting.borrow_mut();
            let Some(Entry(first)) = waiting.peek() else { break None };
            let (deadline, abandoned) = (first.deadline, first.waker.borrow().is_none());
            if deadline > now && !abandoned {
                break Some(deadline);
            }
            due.extend(waiting.pop().and_then(|Entry(timer)| timer.waker.borrow_mut().take()));
        };
        let next = [next, EXPIRE.get().and_then(|expire| expire(self.root, now))].into_iter().flatten().min();
        match next {
            Some(deadline) => self.arm(deadline),
            None => self.set_tick_period(0),
        }
        due.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakeHost;

    #[test]
    fn abandoned_timers_are_not_kept_until_they_are_due() {
        let _host = FakeHost::install();
        let timers = Timers::new(1);
        let hour = Duration::from_secs(3600);
        let kept: Vec<Timer> = (0..100).map(|_| timers.add(hour, Waker::noop())).collect();
        for _ in 0..10_000 {
            timers.add(hour, Waker::noop()).waker.take();
        }
        assert!(timers.waiting.borrow().len() <= 200 + Doubling::AT_LEAST, "{}", timers.waiting.borrow().len());
        assert!(kept.iter().all(|timer| Rc::strong_count(&timer.waker) == 2), "none that somebody waits for is lost");
    }
}
