//! What has to be remembered of one machine while its callbacks and calls are recorded.

use std::collections::HashMap;
use std::time::Instant;

use super::event::{Called, Happened, Request, Result};
use super::limits::{VALUE, cut};
use super::recording::Recording;
use super::redis;
use super::visit::Visit;
use crate::grpc::{GrpcAsked, GrpcCall, GrpcNews, is_call};
use crate::vm::guest::Guest;
use crate::world::{HttpAnswer, HttpCall};

/// The recorder's side of one machine. It stays empty while nothing is recorded.
#[derive(Debug, Default)]
pub(crate) struct Running {
    pub(super) callback: &'static str,
    /// The exchanges that the callback which runs has acted on; the one it acts on now is the last that was entered.
    pub(super) visits: Vec<Visit>,
    pub(super) current: usize,
    /// The event of the callback that ended just now, until it is known what its answer means.
    pub(super) ended: Option<(Recording, usize)>,
    calls: HashMap<u32, OpenCall>,
}

/// What is asked of a service.
pub(crate) enum Service<'a> {
    Http(&'a HttpCall),
    Grpc(&'a GrpcCall),
    Redis { cluster: &'a str, command: &'a [u8] },
}

/// A call whose answer has not come.
#[derive(Debug)]
pub(crate) struct OpenCall {
    recording: Recording,
    place: usize,
    began: Instant,
    /// Bytes of gRPC messages that came so far.
    received: u64,
}

impl Guest {
    /// Writes down that a call is made, if it is for an exchange that is recorded. To be followed by
    /// [`Running::started`] or [`OpenCall::ended`].
    pub(crate) fn record_call(&self, service: &Service<'_>) -> Option<OpenCall> {
        let recording = self.recording()?.clone();
        let plugin = self.plugin()?;
        let called = |cluster: &str, request| Called {
            cluster: cut(cluster.to_owned(), VALUE),
            request,
            took: None,
            result: None,
        };
        let called = match service {
            Service::Http(call) => {
                let of = |name| cut(recording.masks.of(&call.headers, name), VALUE);
                let request = Request::Http { method: of(":method"), path: of(":path"), body: call.body.len() as u64 };
                called(&call.cluster, request)
            }
            Service::Grpc(call) => {
                let method = cut(format!("{}/{}", call.service, call.method), VALUE);
                let stream = matches!(call.asked, GrpcAsked::Stream);
                called(&call.cluster, Request::Grpc { method, stream })
            }
            Service::Redis { cluster, command } => {
                called(cluster, Request::Redis { command: redis::command_name(command) })
            }
        };
        let place = recording.push(&plugin.name, Happened::Call(called))?;
        Some(OpenCall { recording, place, began: Instant::now(), received: 0 })
    }
}

impl Running {
    /// A phase begins, in which the plugin may have no callback.
    pub(crate) fn forget(&mut self) {
        self.ended = None;
    }

    /// The call was started under this token.
    pub(crate) fn started(&mut self, token: u32, call: Option<OpenCall>) {
        if let Some(call) = call {
            self.calls.insert(token, call);
        }
    }

    /// The answer of an HTTP call has come; `None` when there is none.
    pub(crate) fn http_answered(&mut self, token: u32, answer: Option<&HttpAnswer>) {
        let Some(call) = self.calls.remove(&token) else { return };
        call.ended(match answer {
            Some(answer) => {
                let status = call.recording.masks.of(&answer.headers, ":status");
                Result::Status { status: cut(status, VALUE), body: answer.body.len() as u64 }
            }
            None => Result::Failed { why: "the connection was reset" },
        });
    }

    /// The reply to a Redis command has come; `None` when there is none.
    pub(crate) fn redis_answered(&mut self, token: u32, reply: Option<&[u8]>) {
        let Some(call) = self.calls.remove(&token) else { return };
        call.ended(match reply {
            Some(bytes) => {
                let (reply, error) = redis::reply_summary(bytes);
                Result::Reply { reply, error, size: bytes.len() as u64 }
            }
            None => Result::Failed { why: "the connection failed" },
        });
    }

    /// Something came of a gRPC call or stream.
    pub(crate) fn grpc_news(&mut self, token: u32, news: &GrpcNews) {
        let Some(call) = self.calls.get_mut(&token) else { return };
        let status = match news {
            GrpcNews::Message(message) => {
                call.received += message.len() as u64;
                is_call(token).then_some(0)
            }
            GrpcNews::Closed { status, .. } => Some(*status),
            GrpcNews::Headers(_) | GrpcNews::Trailers(_) => None,
        };
        if let Some(status) = status {
            call.ended(Result::Grpc { status, body: call.received });
            self.calls.remove(&token);
        }
    }

    /// The plugin broke a gRPC call or stream off.
    pub(crate) fn cancelled(&mut self, token: u32) {
        if let Some(call) = self.calls.remove(&token) {
            call.ended(Result::Failed { why: "the plugin broke it off" });
        }
    }

    /// The plugin has ended before the answer.
    pub(crate) fn abandoned(&mut self, token: u32) {
        if let Some(call) = self.calls.remove(&token) {
            call.ended(Result::Failed { why: "the plugin ended before the answer" });
        }
    }

    /// The machine has crashed: nobody waits for answers any more.
    pub(crate) fn crashed(&mut self) {
        for (_, call) in self.calls.drain() {
            call.ended(Result::Failed { why: "the plugin crashed before the answer" });
        }
    }
}

impl OpenCall {
    /// Writes down how the call ended.
    pub(crate) fn ended(&self, result: Result) {
        let took = u64::try_from(self.began.elapsed().as_micros()).ok();
        self.recording.change(|record| {
            if let Some(event) = record.events.get_mut(self.place)
                && let Happened::Call(call) = &mut event.happened
            {
                (call.took, call.result) = (took, Some(result));
            }
        });
    }
}
