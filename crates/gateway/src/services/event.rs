//! What came back for a machine.

use std::fmt;

use super::grpc::GrpcEvent;
use super::notices::Notice;
use super::room::Taken;
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
    /// The place that it takes until the machine has been told.
    pub(super) _room: Option<Taken>,
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
    /// Something of a gRPC call or stream. The next comes when this is dropped.
    Grpc(GrpcEvent),
    /// A period has passed. The next one begins when this is dropped.
    Tick(Tick),
    /// Something was put into a shared queue.
    Queue(Notice),
}

impl Event {
    pub(super) fn new(machine: u64, kind: EventKind) -> Self {
        Self { machine, kind, _room: None }
    }

    /// Tells the machine.
    pub fn deliver(self, vm: &mut Vm) -> Effects {
        match self.kind {
            EventKind::Http { token, answer } => vm.http_answered(token, answer),
            EventKind::Redis { token, reply } => vm.redis_answered(token, reply),
            EventKind::Grpc(event) => vm.grpc_news(event.token, event.news),
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
            Self::Grpc(event) => f.debug_struct("Grpc").field("token", &event.token).finish_non_exhaustive(),
            Self::Tick(tick) => tick.fmt(f),
            Self::Queue(notice) => notice.fmt(f),
        }
    }
}
