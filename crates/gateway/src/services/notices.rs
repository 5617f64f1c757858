//! Tells all machines of the process, on whatever thread, that something was put into a shared queue.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::UnboundedSender;

use super::event::{Event, EventKind};
use crate::process::MOST_ELEMENTS;

/// The machines of a process that want to hear of queues. Shared by all threads.
#[derive(Debug, Default)]
pub struct QueueNotices(Mutex<Vec<Listener>>);

/// Something was put into a shared queue. One comes for each element, since a plugin may take one at a time; but no
/// more wait for a machine than the queue can have elements.
#[derive(Debug)]
pub struct Notice {
    token: u32,
    /// As many of these exist as notices of this queue wait for this machine.
    _waiting: Arc<()>,
}

#[derive(Debug)]
struct Listener {
    machine: u64,
    events: UnboundedSender<Event>,
    /// By token of the queue.
    waiting: HashMap<u32, Arc<()>>,
}

// === impl Notice ===

impl Notice {
    /// Of the queue.
    pub fn token(&self) -> u32 {
        self.token
    }
}

// === impl QueueNotices ===

impl QueueNotices {
    pub(super) fn join(&self, machine: u64, events: UnboundedSender<Event>) {
        self.machines().push(Listener { machine, events, waiting: HashMap::new() });
    }

    pub(super) fn leave(&self, machine: u64, events: &UnboundedSender<Event>) {
        self.machines().retain(|known| known.machine != machine || !known.events.same_channel(events));
    }

    /// Machines that did not register the queue ignore the news.
    pub(super) fn filled(&self, token: u32) {
        self.machines().retain_mut(|listener| listener.tell(token));
    }

    fn machines(&self) -> MutexGuard<'_, Vec<Listener>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Listener ===

impl Listener {
    /// `false` when nobody is left to hear it.
    fn tell(&mut self, token: u32) -> bool {
        let waiting = self.waiting.entry(token).or_default();
        // One more is the count's own.
        if Arc::strong_count(waiting) > MOST_ELEMENTS {
            return true;
        }
        let notice = Notice { token, _waiting: Arc::clone(waiting) };
        self.events.send(Event::new(self.machine, EventKind::Queue(notice))).is_ok()
    }
}
