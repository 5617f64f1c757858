//! The record of one exchange while it is written: shared by its worker, which writes, and whoever looks at it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::changes;
use super::event::{Change, Event, Happened, List, Result};
use super::headers::ShownHeaders;
use super::limits::{BYTES, VALUE, cut};
use super::mask::Masks;
use super::record::{Outcome, Record, Reply, Travel, Upstream};
use crate::abi::Direction;
use crate::headers::Headers;
use crate::worker::Message;

/// Writes down what happens to one exchange. Cheap to clone; all clones write the same record.
#[derive(Clone)]
pub struct Recording {
    id: u64,
    began: Instant,
    pub(super) masks: Arc<Masks>,
    record: Arc<Mutex<Record>>,
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recording").field(&self.id).finish()
    }
}

impl Recording {
    pub(super) fn new(id: u64, masks: Arc<Masks>) -> Self {
        let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let record = Record { id, began: u64::try_from(began).unwrap_or(u64::MAX), room: BYTES, ..Record::default() };
        Self { id, began: Instant::now(), masks, record: Arc::new(Mutex::new(record)) }
    }

    /// The number of the exchange in this process.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The exchange as it is now.
    pub fn record(&self) -> Record {
        self.read(Record::clone)
    }

    /// Looks at the exchange as it is now, without a copy.
    pub fn read<T>(&self, look: impl FnOnce(&Record) -> T) -> T {
        let mut record = self.locked();
        if record.outcome == Outcome::UnderWay {
            record.took = self.now();
        }
        look(&record)
    }

    /// The request is sent to a host; `host` is empty when none was found.
    pub fn sent_to(&self, cluster: &str, host: &str) {
        let at = self.now();
        let (cluster, host) = (cut(cluster.to_owned(), VALUE), cut(host.to_owned(), VALUE));
        self.locked().upstream = Some(Upstream { at, cluster, host });
    }

    /// The route has changed the request's headers after all plugins.
    pub(crate) fn routed(&self, before: &Headers, after: &Headers) {
        let changes = changes::between(List::RequestHeaders, before, after, &self.masks);
        let mut record = self.locked();
        if record.take_room(changes.iter().map(Change::bytes).sum()) {
            record.routed = changes;
        }
    }

    /// Somebody answers in the upstream's place: a plugin, or, without a name, the gateway.
    pub fn replied(&self, plugin: Option<&str>, status: u32, details: &str) {
        let reply = Reply {
            at: self.now(),
            plugin: plugin.map(|name| cut(name.to_owned(), VALUE)),
            status,
            details: cut(self.masks.text(details), VALUE),
        };
        self.locked().reply = Some(reply);
    }

    /// Something came from the client or the upstream.
    pub fn came(&self, direction: Direction, message: &Message) {
        let at = self.now();
        let mut record = self.locked();
        match message {
            Message::Headers { headers, .. } => {
                if direction == Direction::Request {
                    let of = |name| cut(self.masks.of(headers, name), VALUE);
                    (record.method, record.authority, record.path) = (of(":method"), of(":authority"), of(":path"));
                }
                let shown = self.shown(&mut record, headers);
                let travel = travel(&mut record, direction);
                (travel.came_at, travel.came) = (Some(at), Some(shown));
            }
            Message::Data { bytes, .. } => travel(&mut record, direction).came_bytes += bytes.len() as u64,
            Message::Trailers(_) => {}
        }
    }

    /// Something goes to the upstream or the client.
    pub fn left(&self, direction: Direction, message: &Message) {
        let at = self.now();
        let mut record = self.locked();
        let end = match message {
            Message::Headers { headers, end } => {
                if direction == Direction::Response {
                    record.status = headers.get(b":status").and_then(|it| std::str::from_utf8(it).ok()?.parse().ok());
                }
                let shown = self.shown(&mut record, headers);
                let travel = travel(&mut record, direction);
                (travel.left_at, travel.left) = (Some(at), Some(shown));
                *end
            }
            Message::Data { bytes, end } => {
                travel(&mut record, direction).left_bytes += bytes.len() as u64;
                *end
            }
            Message::Trailers(_) => true,
        };
        if end {
            travel(&mut record, direction).ended_at = Some(at);
        }
    }

    pub(crate) fn reset(&self) {
        self.locked().outcome = Outcome::Reset;
    }

    /// The exchange is over. Calls without an answer are not waited for any more.
    pub(crate) fn finish(&self) {
        let took = self.now();
        let mut record = self.locked();
        record.took = took;
        if record.outcome == Outcome::UnderWay {
            // What follows after a switch of protocols has no end of its own.
            let whole = record.response.ended_at.is_some() || record.status == Some(101);
            record.outcome = if whole { Outcome::Answered } else { Outcome::CutOff };
        }
        for event in &mut record.events {
            if let Happened::Call(call) = &mut event.happened
                && call.result.is_none()
            {
                call.result = Some(Result::Failed { why: "the exchange ended before the answer" });
            }
        }
    }

    /// Writes an event down; tells its place, if there was room for it.
    pub(super) fn push(&self, plugin: &str, happened: Happened) -> Option<usize> {
        let event = Event { at: self.now(), plugin: cut(plugin.to_owned(), VALUE), happened };
        self.locked().push(event)
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Record)) {
        change(&mut self.locked());
    }

    fn shown(&self, record: &mut Record, headers: &Headers) -> ShownHeaders {
        let shown = ShownHeaders::of(headers, &self.masks);
        if record.take_room(shown.bytes()) {
            return shown;
        }
        ShownHeaders { headers: Vec::new(), left_out: headers.len() }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn locked(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn travel(record: &mut Record, direction: Direction) -> &mut Travel {
    match direction {
        Direction::Request => &mut record.request,
        Direction::Response => &mut record.response,
    }
}
