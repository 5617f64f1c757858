//! Tells all machines of the process, on whatever thread, that something was put into a shared queue.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::UnboundedSender;

use super::event::{Event, EventKind};

/// The machines of a process that want to hear of queues. Shared by all threads.
#[derive(Debug, Default)]
pub struct QueueNotices(Mutex<Vec<(u64, UnboundedSender<Event>)>>);

impl QueueNotices {
    pub(super) fn join(&self, machine: u64, events: UnboundedSender<Event>) {
        self.machines().push((machine, events));
    }

    pub(super) fn leave(&self, machine: u64, events: &UnboundedSender<Event>) {
        self.machines().retain(|(known, channel)| *known != machine || !channel.same_channel(events));
    }

    /// Machines that did not register the queue ignore the news.
    pub(super) fn filled(&self, token: u32) {
        self.machines().retain(|(machine, events)| {
            events.send(Event { machine: *machine, kind: EventKind::Queue { token } }).is_ok()
        });
    }

    fn machines(&self) -> MutexGuard<'_, Vec<(u64, UnboundedSender<Event>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
