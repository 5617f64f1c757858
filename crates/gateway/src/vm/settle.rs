//! After a callback: what the guest returned and what it asked for become effects.

use super::answers::number;
use super::guest::{Deferred, Stream};
use super::{Effects, StreamId, Vm};
use crate::abi::Direction;
use crate::stream::half::{Due, Half, Step};
use crate::stream::status::{DataStatus, HeaderStatus};
use crate::stream::{LocalReply, Pass};

impl Vm {
    /// Makes the callbacks that are due in one direction, and collects what leaves.
    pub(super) fn drive(&mut self, context: u32, direction: Direction, effects: &mut Effects) {
        while let Some(step) = self.stream(context).and_then(|stream| stream.half(direction).poll()) {
            match step {
                Step::Pass(pass) => effects.push((StreamId(context), pass)),
                Step::TooLarge => self.too_large(context, direction, effects),
                Step::Call(due) => {
                    self.store.data_mut().running.forget();
                    let status = self.phase(context, direction, due, effects);
                    self.answered(context, direction, due, status);
                    self.settle(effects);
                }
            }
        }
    }

    /// Does what callbacks have asked for, in their order.
    pub(super) fn settle(&mut self, effects: &mut Effects) {
        while !self.store.data().deferred.is_empty() {
            for deferred in std::mem::take(&mut self.store.data_mut().deferred) {
                self.apply(deferred, effects);
            }
        }
    }

    /// Answers an exchange from this plugin, or resets it when the client has headers already.
    pub(super) fn reply(&mut self, context: u32, reply: LocalReply, effects: &mut Effects) {
        let Some(stream) = self.stream(context) else { return };
        let pass = if stream.response.headers_passed() {
            Pass::Reset
        } else if stream.response.has_begun() {
            Pass::DirectReply(reply)
        } else {
            Pass::Reply(reply)
        };
        stream.request.stop();
        match pass {
            // The reply comes back as a response of its own.
            Pass::Reply(_) => stream.response = Half::new(Direction::Response),
            _ => stream.response.close(),
        }
        effects.push((StreamId(context), pass));
    }

    pub(super) fn stream(&mut self, context: u32) -> Option<&mut Stream> {
        self.store.data_mut().streams.get_mut(&context)
    }

    /// The number that the guest returns from a phase; 0, to continue, where it takes no part or is left out.
    fn phase(&mut self, context: u32, direction: Direction, due: Due, effects: &mut Effects) -> u32 {
        let request = direction == Direction::Request;
        let exports = &self.exports;
        let outcome = match due {
            Due::Headers { end } => {
                let half = self.store.data().streams.get(&context).map(|stream| match direction {
                    Direction::Request => &stream.request,
                    Direction::Response => &stream.response,
                });
                let count = half.and_then(Half::headers).map_or(0, |headers| number(headers.len()));
                let (name, callback) = if request {
                    ("proxy_on_request_headers", exports.request_headers.clone())
                } else {
                    ("proxy_on_response_headers", exports.response_headers.clone())
                };
                self.callback(name, context, callback, (context, count, end.into()))
            }
            Due::Body { size, end } => {
                let (name, callback) = if request {
                    ("proxy_on_request_body", exports.request_body.clone())
                } else {
                    ("proxy_on_response_body", exports.response_body.clone())
                };
                self.callback(name, context, callback, (context, number(size), end.into()))
            }
            Due::Trailers => {
                let (name, callback) = if request {
                    ("proxy_on_request_trailers", exports.request_trailers.clone())
                } else {
                    ("proxy_on_response_trailers", exports.response_trailers.clone())
                };
                let count =
                    self.stream(context).and_then(|stream| stream.half(direction).trailers().map(|t| number(t.len())));
                self.callback(name, context, callback, (context, count.unwrap_or(0)))
            }
        };
        outcome
            .unwrap_or_else(|_| {
                self.crashed(effects);
                None
            })
            .unwrap_or(0)
    }

    fn answered(&mut self, context: u32, direction: Direction, due: Due, status: u32) {
        let guest = self.store.data_mut();
        guest.record_answer(context, direction, due, status);
        let headers_alone = guest.stops_headers_alone(context);
        let Some(stream) = guest.streams.get_mut(&context) else { return };
        let (replied, limit) = (stream.reply_pending, stream.limit(direction));
        let half = stream.half(direction);
        if half.is_closed() {
            return;
        }
        match due {
            Due::Headers { .. } if replied => half.after_headers(HeaderStatus::StopAllAndWatermark),
            Due::Headers { .. } => half.after_headers(HeaderStatus::from_guest(status, headers_alone)),
            Due::Body { .. } if replied => half.after_data(DataStatus::StopNoBuffer, limit),
            Due::Body { .. } => half.after_data(DataStatus::from_guest(status), limit),
            Due::Trailers => half.after_trailers(status == 0 && !replied),
        }
    }

    fn apply(&mut self, deferred: Deferred, effects: &mut Effects) {
        match deferred {
            Deferred::Resume(context, direction) => {
                if let Some(stream) = self.stream(context) {
                    stream.half(direction).resume();
                    self.drive(context, direction, effects);
                }
            }
            Deferred::Inject(context, bytes, end) => {
                if let Some(stream) = self.stream(context) {
                    stream.response.inject(bytes, end);
                    self.drive(context, Direction::Response, effects);
                }
            }
            Deferred::Close(context) => {
                if let Some(stream) = self.stream(context) {
                    stream.request.close();
                    stream.response.close();
                    effects.push((StreamId(context), Pass::Reset));
                }
            }
            Deferred::Reply(context, reply) => {
                if let Some(stream) = self.stream(context) {
                    stream.reply_pending = false;
                    self.reply(context, reply, effects);
                }
            }
            Deferred::Done(context) => self.delete(context, effects),
        }
    }

    fn too_large(&mut self, context: u32, direction: Direction, effects: &mut Effects) {
        let (status, details, body): (u32, &str, &[u8]) = match direction {
            Direction::Request => (413, "request_payload_too_large", b"Payload Too Large"),
            Direction::Response => (500, "response_payload_too_large", b"Internal Server Error"),
        };
        let reply = LocalReply { status, details: details.to_owned(), body: body.to_vec(), ..LocalReply::default() };
        self.reply(context, reply, effects);
    }
}
