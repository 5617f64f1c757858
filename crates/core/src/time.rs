//! Time: `sleep`, `timeout`, and the timers behind them, driven by the root context's tick.

use crate::host::{Host, host};
use crate::root::Root;
use crate::{task, uses};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
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

/// Waits. The gateway's timer has a resolution of one millisecond.
pub fn sleep(duration: Duration) -> Sleep {
    Sleep { duration, timer: None }
}

/// Gives `future` at most `duration`.
pub async fn timeout<F: Future>(duration: Duration, future: F) -> Result<F::Output, Elapsed> {
    let mut future = std::pin::pin!(future);
    let mut sleep = std::pin::pin!(sleep(duration));
    std::future::poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Ok(output));
        }
        sleep.as_mut().poll(cx).map(|()| Err(Elapsed))
    })
    .await
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
    key: TimerKey,
    root: Weak<Root>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        uses::timer();
        let Some(root) = task::current().map(|current| current.root) else { return Poll::Pending };
        let now = monotonic();
        let deadline = match &self.timer {
            Some(timer) => timer.key.0,
            None => now.saturating_add(self.duration),
        };
        if deadline <= now {
            return Poll::Ready(());
        }
        if self.timer.is_none() {
            let key = root.timers.key(deadline);
            self.timer = Some(Timer { key, root: Rc::downgrade(&root) });
        }
        if let Some(timer) = &self.timer {
            root.timers.set(timer.key, cx.waker().clone(), now);
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some((root, key)) = self.timer.as_ref().and_then(|timer| Some((timer.root.upgrade()?, timer.key))) {
            root.timers.forget(key);
        }
    }
}

type TimerKey = (Duration, u32);

/// The timers of one root context. The host's tick is armed for the earliest one and off when there is none.
#[derive(Default)]
pub(crate) struct Timers {
    waiting: RefCell<BTreeMap<TimerKey, Waker>>,
    count: Cell<u32>,
    armed: Cell<Option<Duration>>,
}

impl Timers {
    fn key(&self, deadline: Duration) -> TimerKey {
        let count = self.count.get().wrapping_add(1);
        self.count.set(count);
        (deadline, count)
    }

    fn set(&self, key: TimerKey, waker: Waker, now: Duration) {
        self.waiting.borrow_mut().insert(key, waker);
        self.arm(key.0, now);
    }

    fn forget(&self, key: TimerKey) {
        // The tick stays armed: it costs less to let it find nothing than to ask the host to disarm it each time.
        let waker = self.waiting.borrow_mut().remove(&key);
        drop(waker);
    }

    /// Asks for a tick as soon as possible.
    pub(crate) fn wake_soon(&self) {
        let now = monotonic();
        self.arm(now, now);
    }

    fn arm(&self, deadline: Duration, now: Duration) {
        if self.armed.get().is_none_or(|armed| deadline < armed) {
            self.armed.set(Some(deadline));
            let wait = deadline.saturating_sub(now);
            // Round up: a tick that comes early would only have to be armed again.
            let period = wait.as_nanos().div_ceil(1_000_000).clamp(1, u128::from(u32::MAX));
            host().set_tick_period(u32::try_from(period).unwrap_or(u32::MAX));
        }
    }

    /// Wakes whoever is due and arms the tick for the next.
    pub(crate) fn tick(&self) {
        let now = monotonic();
        self.armed.set(None);
        let (due, next) = {
            let mut waiting = self.waiting.borrow_mut();
            let later = waiting.split_off(&(now.saturating_add(Duration::from_nanos(1)), 0));
            let next = later.first_key_value().map(|(key, _)| key.0);
            (std::mem::replace(&mut *waiting, later), next)
        };
        match next {
            Some(deadline) => self.arm(deadline, now),
            None => host().set_tick_period(0),
        }
        due.into_values().for_each(Waker::wake);
    }
}
