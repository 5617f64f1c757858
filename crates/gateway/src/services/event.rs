//! What came back for a machine.

use std::fmt;

use super::notices::Notice;
use super::tick::Tick;
use crate::vm::{Effects, Vm};
use crate::world::HttpAnswer;

/// Something that a machine has to be told.
#[derive(Debug)]
pub struct Event {
    /// The machine, as [`super::Services::world`] was told.
    pub machine: u64,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
pub enum EventKind {
    /// An HTTP call ended.
    Http {
        /// Of the call.
        token: u32,
        /// `None` when there is no whole answer.
        answer: Option<HttpAnswer>,
    },
    /// A Redis command ended.
    Redis {
        /// Of the command.
        token: u32,
        /// The reply as it came; `None` when the connection failed.
        reply: Option<Vec<u8>>,
    },
    /// A period has passed. The next one begins when this is dropped.
    Tick(Tick),
    /// Something was put into a shared queue.
    Queue(Notice),
}

impl Event {
    /// Tells the machine.
    pub fn deliver(self, vm: &mut Vm) -> Effects {
        match self.kind {
            EventKind::Http { token, answer } => vm.http_answered(token, answer),
            EventKind::Redis { token, reply } => vm.redis_answered(token, reply),
            EventKind::Tick(tick) if tick.is_off() => Effects::new(),
            EventKind::Tick(tick) => vm.tick(tick.root()),
            EventKind::Queue(notice) => vm.queue_ready(notice.token()),
        }
    }
}

/// Sizes instead of what a service answered.
impl fmt::Debug for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { token, answer } => f
                .debug_struct("Http")
                .field("token", token)
                .field("bytes", &answer.as_ref().map(|answer| answer.body.len()))
                .finish(),
            Self::Redis { token, reply } => {
                f.debug_struct("Redis").field("token", token).field("bytes", &reply.as_ref().map(Vec::len)).finish()
            }
            Self::Tick(tick) => tick.fmt(f),
            Self::Queue(notice) => notice.fmt(f),
        }
    }
}
