//! The periods of a root context.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{oneshot, watch};

use super::event::{Event, EventKind};
use crate::vm::RootId;

/// A period that has passed. The next one begins when this is dropped, as on Envoy, where it begins after the callback.
#[derive(Debug)]
pub struct Tick {
    root: RootId,
    setting: u64,
    newest: Arc<AtomicU64>,
    _next: oneshot::Sender<()>,
}

/// The ticks of one root context; they end when this is dropped. One task for all of its periods, however often the
/// plugin changes them.
#[derive(Debug)]
pub(super) struct Ticks {
    /// How often the period was set.
    newest: Arc<AtomicU64>,
    period: watch::Sender<Option<Duration>>,
}

// === impl Tick ===

impl Tick {
    /// Whose period it is.
    pub fn root(&self) -> RootId {
        self.root
    }

    /// Whether the plugin has changed its period in the meantime, so that this one counts no more.
    pub fn is_off(&self) -> bool {
        self.newest.load(Ordering::Relaxed) != self.setting
    }
}

// === impl Ticks ===

impl Ticks {
    /// To be called inside a `LocalSet`.
    pub(super) fn start(machine: u64, root: u32, events: UnboundedSender<Event>) -> Self {
        let newest = Arc::<AtomicU64>::default();
        let (period, mut setting) = watch::channel(None);
        let settings = Arc::clone(&newest);
        tokio::task::spawn_local(async move {
            loop {
                let period = *setting.borrow_and_update();
                let ticks = run(machine, root, period, &settings, &events);
                tokio::select! {
                    changed = setting.changed() => if changed.is_err() { return },
                    () = ticks => return,
                }
            }
        });
        Self { newest, period }
    }

    /// Sets the time between ticks; `None` is never.
    pub(super) fn set(&self, period: Option<Duration>) {
        self.newest.fetch_add(1, Ordering::Relaxed);
        self.period.send_replace(period);
    }
}

impl Drop for Ticks {
    fn drop(&mut self) {
        self.set(None);
    }
}

/// Ticks with one period until nobody hears them.
async fn run(
    machine: u64,
    root: u32,
    period: Option<Duration>,
    newest: &Arc<AtomicU64>,
    events: &UnboundedSender<Event>,
) {
    let Some(period) = period else { return std::future::pending().await };
    let setting = newest.load(Ordering::Relaxed);
    loop {
        tokio::time::sleep(period).await;
        let (next, ended) = oneshot::channel();
        let tick = Tick { root: RootId(root), setting, newest: Arc::clone(newest), _next: next };
        if events.send(Event::new(machine, EventKind::Tick(tick))).is_err() {
            return;
        }
        // Nothing is ever sent: the end of the sender is the news.
        let _ = ended.await;
    }
}
