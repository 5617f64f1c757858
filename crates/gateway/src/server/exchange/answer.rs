//! Where responses begin: the head that an upstream sends, or an answer of the gateway itself.

use std::task::{Context, Poll};

use http::StatusCode;
use hyper::body::Body;

use super::drive::Driver;
use super::source::Source;
use crate::cluster::UpstreamError;
use crate::headers::Headers;
use crate::server::{fields, header_changes};
use crate::stream::LocalReply;
use crate::worker::Message;
use crate::worker::local_reply::{self, Asked};

/// An answer that the gateway gives because no upstream does.
pub(super) struct Local {
    reply: LocalReply,
    flag: Option<&'static str>,
    /// The route's header changes apply, as to an upstream's response.
    routed: bool,
}

impl Local {
    fn new(status: u16, details: &str, body: &[u8]) -> Self {
        let reply = LocalReply {
            status: status.into(),
            details: details.to_owned(),
            body: body.to_vec(),
            ..LocalReply::default()
        };
        Self { reply, flag: None, routed: false }
    }

    pub(super) fn no_route() -> Self {
        Self { flag: Some("NR"), ..Self::new(404, "route_not_found", b"") }
    }

    pub(super) fn redirect(status: u16, location: &str) -> Self {
        let mut local = Self { routed: true, ..Self::new(status, "direct_response", b"") };
        local.reply.headers.add(b"location", location.as_bytes());
        local
    }

    pub(super) fn direct(status: u16, body: Vec<u8>) -> Self {
        Self { routed: true, ..Self::new(status, "direct_response", &body) }
    }

    pub(super) fn upstream(error: &UpstreamError) -> Self {
        Self { flag: Some(error.flag()), ..Self::new(error.status(), &error.details(), error.body().as_bytes()) }
    }

    pub(super) fn timeout() -> Self {
        Self { flag: Some("UT"), ..Self::new(504, "response_timeout", b"upstream request timeout") }
    }

    /// Nothing has moved for too long, though the request was whole or still to come.
    pub(super) fn idle(request_whole: bool) -> Self {
        let status = if request_whole { 504 } else { 408 };
        Self { flag: Some("SI"), ..Self::new(status, "stream_idle_timeout", b"stream timeout") }
    }

    /// A plugin has made a head of which HTTP cannot carry method, path or host.
    pub(super) fn unsendable() -> Self {
        Self::new(503, "filter_removed_required_request_headers", b"")
    }
}

impl Driver {
    /// Gives an answer of the gateway itself, through the response phases of all plugins.
    pub(super) fn answer(&mut self, local: Local) {
        self.leave_upstream();
        let asked = {
            let mut record = self.live.record.borrow_mut();
            if let Some(flag) = local.flag {
                record.flags.set(flag);
            }
            record.details = Some(local.reply.details.clone());
            Asked::by(&record.request)
        };
        if let Some(recording) = &self.live.recording {
            recording.replied(None, local.reply.status, &local.reply.details);
        }
        for mut message in local_reply::response(local.reply, asked) {
            if let (true, Message::Headers { headers, .. }) = (local.routed, &mut message) {
                header_changes::to_response(&self.live, headers);
            }
            self.tell(|worker, id| worker.from_upstream(id, message));
        }
    }

    pub(super) fn poll_answer(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(answer) = &mut self.upstream.answer else { return false };
        let Poll::Ready(answered) = answer.as_mut().poll(cx) else { return false };
        self.upstream.answer = None;
        let answered = match answered {
            Ok(answered) => answered,
            Err(error) => {
                self.answer(Local::upstream(&error));
                return true;
            }
        };
        let mut response = answered.response;
        let upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        if upgraded {
            self.upstream.upgraded = Some(hyper::upgrade::on(&mut response));
        }
        let (parts, body) = response.into_parts();
        let mut headers: Headers = fields::of_response(&parts);
        {
            let mut record = self.live.record.borrow_mut();
            record.details = Some("via_upstream".to_owned());
            record.upstream_took = self.upstream.asked.map(|asked| asked.elapsed());
            if !self.live.site.listener.manager.router.suppress_envoy_headers {
                let millis = record.upstream_took.unwrap_or_default().as_millis().to_string();
                headers.set(b"x-envoy-upstream-service-time", millis.as_bytes());
            }
        }
        header_changes::to_response(&self.live, &mut headers);
        let end = body.is_end_stream() && !upgraded;
        self.upstream.trailers = answered.trailers;
        if end {
            self.deadline = None;
        } else if !upgraded {
            self.upstream.body = Some(Source::new(body));
        }
        self.tell(|worker, id| worker.from_upstream(id, Message::Headers { headers, end }));
        true
    }
}
