//! What an upstream answers: a reply as wished, or the fault that takes its place or cuts it.

use std::time::Duration;

use crate::body::{Body, Piece};
use crate::headers::Headers;

/// How an answer goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is reset; under HTTP/2 the stream.
    Reset,
    /// The connection is closed in an orderly way.
    Close,
    /// Nothing more comes, and the connection stays open until the gateway gives up.
    Hang,
}

/// The place where a fault strikes.
#[derive(Clone, Debug)]
pub(crate) enum Cut {
    BeforeHead,
    InHead,
    InBody(usize),
}

/// One answer of an [`Upstream`](crate::Upstream).
#[derive(Clone, Debug)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Body,
    pub(crate) trailers: Headers,
    pub(crate) delay: Duration,
    pub(crate) fault: Option<(Cut, Fault)>,
    pub(crate) raw: Option<Vec<u8>>,
}

impl Answer {
    /// A reply with this status, no body and `content-length: 0`.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Headers::new(),
            body: Body::default(),
            trailers: Headers::new(),
            delay: Duration::ZERO,
            fault: None,
            raw: None,
        }
    }

    /// 200 with this body.
    pub fn ok(body: impl AsRef<[u8]>) -> Self {
        Self::status(200).body(body)
    }

    /// 200 with this JSON and its content type.
    pub fn json(body: &serde_json::Value) -> Self {
        Self::ok(body.to_string()).header("content-type", "application/json")
    }

    /// No reply: the connection is reset once the request has arrived.
    pub fn reset() -> Self {
        Self::fault(Cut::BeforeHead, Fault::Reset)
    }

    /// No reply: the connection is closed once the request has arrived.
    pub fn close() -> Self {
        Self::fault(Cut::BeforeHead, Fault::Close)
    }

    /// No reply, ever.
    pub fn hang() -> Self {
        Self::fault(Cut::BeforeHead, Fault::Hang)
    }

    /// These bytes instead of a reply, then the connection is closed. HTTP/1 only.
    pub fn raw(bytes: impl AsRef<[u8]>) -> Self {
        Self { raw: Some(bytes.as_ref().to_vec()), ..Self::status(200) }
    }

    fn fault(cut: Cut, fault: Fault) -> Self {
        Self { fault: Some((cut, fault)), ..Self::status(200) }
    }

    /// Adds a header. Given `content-length` or `transfer-encoding`, the upstream adds none of its own.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.headers.add(name, value);
        self
    }

    /// Replaces the body. Its length is told in advance.
    #[must_use]
    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = Body::whole(body.as_ref());
        self
    }

    /// Adds a piece to the body, which is then sent chunked, piece by piece.
    #[must_use]
    pub fn chunk(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.body.push(Piece::Data(bytes.as_ref().to_vec()));
        self
    }

    /// Waits between two pieces of the body.
    #[must_use]
    pub fn pause(mut self, time: Duration) -> Self {
        self.body.push(Piece::Pause(time));
        self
    }

    /// Adds a trailer; the body is then sent chunked.
    #[must_use]
    pub fn trailer(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.trailers.add(name, value);
        self
    }

    /// Waits before the first byte.
    #[must_use]
    pub fn delay(mut self, time: Duration) -> Self {
        self.delay = time;
        self
    }

    /// Sends half of the head, then the fault. Under HTTP/2, where a head is one frame, nothing of it is sent.
    #[must_use]
    pub fn cut_in_headers(mut self, fault: Fault) -> Self {
        self.fault = Some((Cut::InHead, fault));
        self
    }

    /// Sends the head and `bytes` bytes of the body, then the fault.
    #[must_use]
    pub fn cut_in_body(mut self, bytes: usize, fault: Fault) -> Self {
        self.fault = Some((Cut::InBody(bytes), fault));
        self
    }
}
