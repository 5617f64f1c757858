//! One callback at one exchange: when it began, and what the headers were before the plugin wrote to them.

use std::time::{Duration, Instant};

use super::changes;
use super::event::{Action, Callback, Change, Happened, List, Logged};
use super::limits::{LINE, beginning, cut};
use super::record::Record;
use super::recording::Recording;
use crate::abi::{Direction, Map};
use crate::headers::Headers;
use crate::stream::half::Due;
use crate::stream::status::{DataStatus, HeaderStatus};
use crate::vm::guest::{Guest, Stream};

/// Callbacks that most plugins do nothing in: told only if something happened in them.
const QUIET: &[&str] = &["proxy_on_context_create", "proxy_on_done", "proxy_on_log", "proxy_on_delete"];
/// How far back the last turn of the same plugin is looked for: longer than chains are.
const LOOK_BACK: usize = 32;

#[derive(Debug)]
pub(super) struct Visit {
    context: u32,
    recording: Recording,
    place: Option<usize>,
    took: Duration,
    since: Instant,
    before: Vec<(List, Headers)>,
}

impl Guest {
    /// Who records the exchange that host calls act on.
    pub(super) fn recording(&self) -> Option<&Recording> {
        self.streams.get(&self.effective)?.exchange.recording()
    }

    /// A callback begins.
    pub(crate) fn record_callback(&mut self, name: &'static str, context: u32) {
        self.running.callback = name;
        self.running.visits.clear();
        self.record_visit(context);
    }

    /// The callback that runs acts on this context from now on.
    pub(crate) fn record_visit(&mut self, context: u32) {
        let Some(stream) = self.streams.get(&context) else { return };
        let Some(recording) = stream.exchange.recording() else { return };
        let now = Instant::now();
        let running = &mut self.running;
        if let Some(visit) = running.visits.get_mut(running.current) {
            visit.took += now - visit.since;
        }
        if let Some(known) = running.visits.iter().position(|visit| visit.context == context) {
            running.current = known;
            if let Some(visit) = running.visits.get_mut(known) {
                visit.since = now;
            }
            return;
        }
        let plugin = self.roots.get(&stream.root).map_or("", |plugin| plugin.name.as_str());
        let callback = Callback { name: running.callback, times: 1, ..Callback::default() };
        let place = recording.push(plugin, Happened::Callback(callback));
        running.current = running.visits.len();
        let recording = recording.clone();
        running.visits.push(Visit { context, recording, place, took: Duration::ZERO, since: now, before: Vec::new() });
    }

    /// The plugin is about to change a list.
    pub(crate) fn record_write(&mut self, map: Map) {
        let Some(visit) = self.running.visits.get_mut(self.running.current) else { return };
        let Some(list) = list(map).filter(|_| visit.context == self.effective) else { return };
        if visit.before.iter().all(|(known, _)| *known != list)
            && let Some(headers) = self.streams.get(&visit.context).and_then(|stream| held(stream, list))
        {
            visit.before.push((list, headers.clone()));
        }
    }

    /// The plugin asks for something that happens after the callback.
    pub(crate) fn record_ask(&self, what: &'static str) {
        let visit = self.running.visits.get(self.running.current).filter(|visit| visit.context == self.effective);
        if let Some(visit) = visit {
            visit.write(|callback| {
                if !callback.asked.contains(&what) {
                    callback.asked.push(what);
                }
            });
        }
    }

    /// The plugin writes a line.
    pub(crate) fn record_line(&self, level: u32, text: &str) {
        let Some(recording) = self.recording() else { return };
        if recording.read(Record::is_full) {
            return recording.change(|record| record.events_left_out += 1);
        }
        let plugin = self.plugin().map_or("", |plugin| plugin.name.as_str());
        let text = cut(recording.masks.text(&beginning(text.as_bytes())), LINE);
        recording.push(plugin, Happened::Log(Logged { level, text }));
    }

    /// The callback has returned, or crashed.
    pub(crate) fn record_return(&mut self, crashed: bool) {
        self.running.ended = None;
        let now = Instant::now();
        let current = self.running.current;
        for (index, visit) in std::mem::take(&mut self.running.visits).into_iter().enumerate() {
            let took = visit.took + if index == current { now - visit.since } else { Duration::ZERO };
            let changes = visit.changes(self.streams.get(&visit.context));
            let Some(place) = visit.place else { continue };
            visit.recording.change(|record| {
                let room = record.take_room(changes.iter().map(Change::bytes).sum());
                let Some(callback) = callback(record, place) else { return };
                callback.took = Some(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
                callback.crashed = crashed;
                if room {
                    callback.changes = changes;
                }
                let idle = callback.changes.is_empty() && callback.asked.is_empty() && !crashed;
                let quiet = idle && QUIET.contains(&callback.name);
                if quiet && place + 1 == record.events.len() {
                    let bytes = record.events.pop().map_or(0, |event| event.bytes());
                    record.room = record.room.saturating_add(bytes);
                }
            });
            if index == 0 {
                self.running.ended = Some((visit.recording, place));
            }
        }
    }

    /// What the phase that ended just now was about, and what the plugin's answer means.
    pub(crate) fn record_answer(&mut self, context: u32, direction: Direction, due: Due, status: u32) {
        let Some((recording, place)) = self.running.ended.take() else { return };
        let action = Action::of(due, status, self.stops_headers_alone(context));
        let end = matches!(due, Due::Headers { end: true } | Due::Body { end: true, .. });
        let body = match due {
            Due::Body { size, .. } => {
                let half = self.streams.get_mut(&context).map(|stream| stream.half(direction));
                Some((size, half.and_then(|half| half.body().map(<[u8]>::len)).unwrap_or(size)))
            }
            _ => None,
        };
        recording.change(|record| {
            let Some(callback) = callback(record, place) else { return };
            (callback.action, callback.end) = (Some(action), end);
            if let Some((before, after)) = body {
                callback.body = Some(before as u64);
                callback.body_after = (after != before).then_some(after as u64);
            }
            fold(record, place);
        });
    }
}

impl Visit {
    fn write(&self, write: impl FnOnce(&mut Callback)) {
        let Some(place) = self.place else { return };
        self.recording.change(|record| {
            if let Some(callback) = callback(record, place) {
                write(callback);
            }
        });
    }

    fn changes(&self, stream: Option<&Stream>) -> Vec<Change> {
        let Some(stream) = stream else { return Vec::new() };
        let one = |(list, before): &(List, Headers)| {
            held(stream, *list).map(|after| changes::between(*list, before, after, &self.recording.masks))
        };
        self.before.iter().filter_map(one).flatten().collect()
    }
}

fn callback(record: &mut Record, place: usize) -> Option<&mut Callback> {
    match &mut record.events.get_mut(place)?.happened {
        Happened::Callback(callback) => Some(callback),
        _ => None,
    }
}

/// Adds a piece of body to the plugin's turn before, when both went the same way.
fn fold(record: &mut Record, place: usize) {
    if place + 1 != record.events.len() {
        return;
    }
    let Some(last) = record.events.pop() else { return };
    let before = record.events.iter_mut().rev().take(LOOK_BACK).find(|event| event.plugin == last.plugin);
    if let Happened::Callback(new) = &last.happened
        && let Some(Happened::Callback(old)) = before.map(|event| &mut event.happened)
        && old.takes(new)
    {
        old.times += 1;
        old.took = Some(old.took.unwrap_or(0) + new.took.unwrap_or(0));
        let after = |callback: &Callback| callback.body_after.or(callback.body).unwrap_or(0);
        if old.body_after.is_some() || new.body_after.is_some() {
            old.body_after = Some(after(old) + after(new));
        }
        old.body = Some(old.body.unwrap_or(0) + new.body.unwrap_or(0));
        old.end |= new.end;
        record.room = record.room.saturating_add(last.bytes());
    } else {
        record.events.push(last);
    }
}

impl Action {
    fn of(due: Due, status: u32, headers_alone: bool) -> Self {
        match due {
            Due::Headers { .. } => match HeaderStatus::from_guest(status, headers_alone) {
                HeaderStatus::Continue => Self::Continue,
                HeaderStatus::StopIteration => Self::HoldHeaders,
                HeaderStatus::StopAllAndBuffer => Self::PauseAndBuffer,
                HeaderStatus::StopAllAndWatermark => Self::Pause,
            },
            Due::Body { .. } => match DataStatus::from_guest(status) {
                DataStatus::Continue => Self::Continue,
                DataStatus::StopAndBuffer => Self::Buffer,
                DataStatus::StopAndWatermark => Self::Pause,
                DataStatus::StopNoBuffer => Self::Drop,
            },
            Due::Trailers if status == 0 => Self::Continue,
            Due::Trailers => Self::Pause,
        }
    }
}

impl Callback {
    fn takes(&self, next: &Self) -> bool {
        let plain = |callback: &Self| callback.changes.is_empty() && callback.asked.is_empty() && !callback.crashed;
        self.body.is_some()
            && next.body.is_some()
            && self.name == next.name
            && self.action == next.action
            && plain(self)
            && plain(next)
    }
}

fn list(map: Map) -> Option<List> {
    match map {
        Map::Headers(Direction::Request) => Some(List::RequestHeaders),
        Map::Headers(Direction::Response) => Some(List::ResponseHeaders),
        Map::Trailers(Direction::Request) => Some(List::RequestTrailers),
        Map::Trailers(Direction::Response) => Some(List::ResponseTrailers),
        _ => None,
    }
}

fn held(stream: &Stream, list: List) -> Option<&Headers> {
    match list {
        List::RequestHeaders => stream.request.held_headers(),
        List::ResponseHeaders => stream.response.held_headers(),
        List::RequestTrailers => stream.request.held_trailers(),
        List::ResponseTrailers => stream.response.held_trailers(),
    }
}
