//! What is known about one exchange: the source of attributes, of log lines and of header values that routes add.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use http::Version;

use super::flags::Flags;
use crate::abi::Status;
use crate::attribute::Attribute;
use crate::headers::Headers;
use crate::server::connection::Peer;
use crate::state::{Span, State};
use crate::vm::LogView;

/// Facts about an exchange, added to while it goes on.
pub(in crate::server) struct Record {
    /// The client's connection.
    pub(in crate::server) peer: Rc<Peer>,
    /// When its headers were read.
    pub(in crate::server) started: SystemTime,
    pub(in crate::server) began: Instant,
    pub(in crate::server) protocol: Version,
    /// As they came, later as the last plugin let them go.
    pub(in crate::server) request: Headers,
    pub(in crate::server) request_trailers: Option<Headers>,
    /// As they came, later as the last plugin let them go.
    pub(in crate::server) response: Option<Headers>,
    pub(in crate::server) response_trailers: Option<Headers>,
    /// Bytes of bodies that came from the client and went to it.
    pub(in crate::server) received: u64,
    pub(in crate::server) sent: u64,
    /// How long the client needed for its whole request.
    pub(in crate::server) request_took: Option<Duration>,
    pub(in crate::server) took: Option<Duration>,
    /// Why the response is what it is, in the gateway's terms.
    pub(in crate::server) details: Option<String>,
    pub(in crate::server) flags: Flags,
    pub(in crate::server) route: Chosen,
    pub(in crate::server) upstream: Option<SocketAddr>,
    /// The upstream's time until its headers.
    pub(in crate::server) upstream_took: Option<Duration>,
    /// The host that a plugin has chosen.
    pub(in crate::server) override_host: Option<SocketAddr>,
    /// What plugins have set for each other and for the log.
    state: State,
}

/// Which route an exchange takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::server) enum Chosen {
    /// It has to be looked for, because nobody has yet or the request has changed.
    #[default]
    Open,
    /// No route takes it.
    None,
    /// The virtual host and the route in it, by position.
    Route(usize, usize),
}

impl Record {
    pub(in crate::server) fn new(peer: Rc<Peer>, protocol: Version, request: Headers) -> Self {
        Self {
            peer,
            started: SystemTime::now(),
            began: Instant::now(),
            protocol,
            request,
            request_trailers: None,
            response: None,
            response_trailers: None,
            received: 0,
            sent: 0,
            request_took: None,
            took: None,
            details: None,
            flags: Flags::default(),
            route: Chosen::Open,
            upstream: None,
            upstream_took: None,
            override_host: None,
            state: State::default(),
        }
    }

    /// What plugins have set under this key, here or at the connection.
    pub(in crate::server) fn state(&self, key: &[u8]) -> Option<Attribute> {
        self.state.get(key).cloned().or_else(|| self.peer.state.borrow().get(key).cloned())
    }

    /// Keeps what a plugin sets; a value that lives for another span stays instead.
    pub(super) fn set_state(&mut self, key: &[u8], value: Attribute, span: Span) -> Result<(), Status> {
        let mut lasting = self.peer.state.borrow_mut();
        match span {
            Span::Connection if self.state.get(key).is_none() => lasting.set(key, value, span),
            Span::FilterChain | Span::Request if lasting.get(key).is_none() => self.state.set(key, value, span),
            _ => Ok(()),
        }
    }

    /// Notes that the client is gone before it had the whole response.
    pub(super) fn client_left(&mut self) {
        self.flags.set("DC");
        self.details = Some("downstream_remote_disconnect".to_owned());
    }

    /// Notes that a plugin has closed the exchange, in Envoy's words.
    pub(super) fn closed_by_plugin(&mut self) {
        self.details = Some("wasm_close_stream".to_owned());
    }

    /// Notes that nothing has moved for too long, in Envoy's words.
    pub(super) fn idled(&mut self) {
        self.flags.set("SI");
        self.details = Some("stream_idle_timeout".to_owned());
    }

    /// What the log phase of plugins may read.
    pub(in crate::server) fn log_view(&self) -> LogView {
        LogView {
            request_headers: Some(self.request.clone()),
            request_trailers: self.request_trailers.clone(),
            response_headers: self.response.clone(),
            response_trailers: self.response_trailers.clone(),
        }
    }

    /// The status that the client gets.
    pub(in crate::server) fn status(&self) -> Option<u16> {
        let status = self.response.as_ref()?.get(b":status")?;
        std::str::from_utf8(status).ok()?.parse().ok()
    }

    /// The protocol as logs name it.
    pub(in crate::server) fn protocol_name(&self) -> &'static str {
        match self.protocol {
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_2 => "HTTP/2",
            _ => "HTTP/1.1",
        }
    }
}
