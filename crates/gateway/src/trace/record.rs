//! All that is kept of one exchange.

use std::collections::BTreeSet;

use serde::Serialize;

use super::event::{Change, Event, Happened};
use super::headers::ShownHeaders;
use super::limits::EVENTS;

/// One exchange, as far as it has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Counted from 1 since the start of the process.
    pub id: u64,
    /// Milliseconds since 1970.
    pub began: u64,
    /// As the client sent it.
    pub method: String,
    /// As the client sent it.
    pub authority: String,
    /// As the client sent it, without secrets.
    pub path: String,
    /// What went from the client to the upstream.
    pub request: Travel,
    /// What went from the upstream to the client.
    pub response: Travel,
    /// What the plugins did, in the order in which it began.
    pub events: Vec<Event>,
    /// How many more events there were.
    pub events_left_out: u64,
    /// Who answered in the upstream's place.
    pub reply: Option<Reply>,
    /// What the route changed of the request's headers after all plugins.
    pub routed: Vec<Change>,
    /// Where the request was sent.
    pub upstream: Option<Upstream>,
    /// What the client saw.
    pub status: Option<u16>,
    /// How it ended.
    pub outcome: Outcome,
    /// Microseconds from beginning to end, or until now.
    pub took: u64,
    /// Bytes of text that may still be kept.
    #[serde(skip)]
    pub(crate) room: usize,
}

/// One direction of an exchange: what came, and what left after all plugins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Travel {
    /// Microseconds since the beginning when its headers came.
    pub came_at: Option<u64>,
    /// Headers that came.
    pub came: Option<ShownHeaders>,
    /// Bytes of body that came.
    pub came_bytes: u64,
    /// Microseconds since the beginning when its headers left.
    pub left_at: Option<u64>,
    /// Headers that left.
    pub left: Option<ShownHeaders>,
    /// Bytes of body that left.
    pub left_bytes: u64,
    /// Microseconds since the beginning when its last byte left.
    pub ended_at: Option<u64>,
}

/// An answer that did not come from the upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// Microseconds since the beginning.
    pub at: u64,
    /// Name of the plugin; `None` for the gateway itself.
    pub plugin: Option<String>,
    /// HTTP status.
    pub status: u32,
    /// What `%RESPONSE_CODE_DETAILS%` tells.
    pub details: String,
}

/// The host that a request was sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Upstream {
    /// Microseconds since the beginning.
    pub at: u64,
    /// Name of the cluster.
    pub cluster: String,
    /// Address; empty when none was found.
    pub host: String,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Not yet.
    #[default]
    UnderWay,
    /// The client got a whole answer.
    Answered,
    /// The gateway closed it abruptly.
    Reset,
    /// It ended before the answer was whole: the client left, or the upstream broke off.
    CutOff,
}

impl Record {
    /// Names of the plugins that did anything.
    pub fn plugins(&self) -> BTreeSet<&str> {
        let replied = self.reply.as_ref().and_then(|reply| reply.plugin.as_deref());
        self.events.iter().map(|event| event.plugin.as_str()).chain(replied).collect()
    }

    /// How many calls the plugins made.
    pub fn calls(&self) -> usize {
        self.events.iter().filter(|event| matches!(event.happened, Happened::Call(_))).count()
    }

    /// The level of the worst line, if any was written.
    pub fn worst_level(&self) -> Option<u32> {
        let level = |event: &Event| match &event.happened {
            Happened::Log(line) => Some(line.level),
            _ => None,
        };
        self.events.iter().filter_map(level).max()
    }

    /// Whether no further event is kept.
    pub(super) fn is_full(&self) -> bool {
        self.events.len() >= EVENTS
    }

    /// Keeps an event while there is room; tells its place.
    pub(super) fn push(&mut self, event: Event) -> Option<usize> {
        let bytes = event.bytes();
        if self.is_full() || !self.take_room(bytes) {
            self.events_left_out += 1;
            return None;
        }
        self.events.push(event);
        Some(self.events.len() - 1)
    }

    /// Whether so many bytes may still be kept; then they count as taken.
    pub(super) fn take_room(&mut self, bytes: usize) -> bool {
        match self.room.checked_sub(bytes) {
            Some(room) => {
                self.room = room;
                true
            }
            None => false,
        }
    }
}
