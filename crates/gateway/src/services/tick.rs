//! The periods of a root context.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::event::{Event, EventKind};
use crate::vm::RootId;

/// A period that has passed. The next one begins when this is dropped, as on Envoy, where it begins after the callback.
#[derive(Debug)]
pub struct Tick {
    root: RootId,
    off: Arc<AtomicBool>,
    _next: oneshot::Sender<()>,
}

/// The ticks of one root context; they end when this is dropped.
#[derive(Debug)]
pub(super) struct Ticks {
    off: Arc<AtomicBool>,
    task: tokio::task::AbortHandle,
}

// === impl Tick ===

impl Tick {
    /// Whose period it is.
    pub fn root(&self) -> RootId {
        self.root
    }

    /// Whether the plugin has changed its period in the meantime, so that this one counts no more.
    pub fn is_off(&self) -> bool {
        self.off.load(Ordering::Relaxed)
    }
}

// === impl Ticks ===

impl Ticks {
    pub(super) fn start(machine: u64, root: u32, period: Duration, events: UnboundedSender<Event>) -> Self {
        let off = Arc::<AtomicBool>::default();
        let cancelled = Arc::clone(&off);
        let task = tokio::task::spawn_local(async move {
            loop {
                tokio::time::sleep(period).await;
                let (next, ended) = oneshot::channel();
                let tick = Tick { root: RootId(root), off: Arc::clone(&cancelled), _next: next };
                if events.send(Event { machine, kind: EventKind::Tick(tick) }).is_err() {
                    return;
                }
                // Nothing is ever sent: the end of the sender is the news.
                let _ = ended.await;
            }
        });
        Self { off, task: task.abort_handle() }
    }
}

impl Drop for Ticks {
    fn drop(&mut self) {
        self.off.store(true, Ordering::Relaxed);
        self.task.abort();
    }
}
