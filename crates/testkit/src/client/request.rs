//! A request under construction.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::{Connection, Incomplete, Reply, http2};
use crate::body::{Body, Piece};
use crate::headers::Headers;

/// One request. Nothing is added to it but `host` and what frames the body.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    pub(crate) address: SocketAddr,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Headers,
    pub(crate) body: Body,
    pub(crate) trailers: Headers,
    pub(crate) patience: Duration,
    http2: bool,
}

impl Request {
    /// A request to the server at `address`; its deadline is ten seconds.
    pub fn new(address: SocketAddr, method: &str, path: &str) -> Self {
        Self {
            address,
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Headers::new(),
            body: Body::default(),
            trailers: Headers::new(),
            patience: Duration::from_secs(10),
            http2: false,
        }
    }

    /// Adds a header, any bytes as its value. `host` replaces the address of the server.
    pub fn header(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.headers.add(name, value);
        self
    }

    /// Sends this body with its `content-length`.
    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = Body::whole(body.as_ref());
        self
    }

    /// Sends this JSON with its content type.
    pub fn json(self, body: &serde_json::Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    /// Adds a piece to the body. Pieces go out one by one, as chunks unless a `content-length` header is given.
    pub fn chunk(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.body.push(Piece::Data(bytes.as_ref().to_vec()));
        self
    }

    /// Waits between two pieces of the body.
    pub fn pause(mut self, time: Duration) -> Self {
        self.body.push(Piece::Pause(time));
        self
    }

    /// Adds a trailer; the body is then sent chunked.
    pub fn trailer(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.trailers.add(name, value);
        self
    }

    /// Allows this much time for the whole exchange.
    pub fn deadline(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Uses HTTP/2 in clear text with prior knowledge.
    pub fn http2(mut self) -> Self {
        self.http2 = true;
        self
    }

    /// Sends it over a connection of its own.
    ///
    /// # Panics
    /// When no whole reply comes before the deadline; the text shows what came.
    pub fn send(self) -> Reply {
        let what = format!("{} {}", self.method, self.path);
        self.try_send().unwrap_or_else(|incomplete| panic!("{what}: {incomplete}"))
    }

    /// As [`send`](Self::send), for tests that expect the exchange to break.
    ///
    /// # Errors
    /// When no whole reply comes before the deadline; with what had arrived.
    pub fn try_send(self) -> Result<Reply, Incomplete> {
        if self.http2 {
            return http2::send(&self);
        }
        let mut connection = Connection::open(self.address, self.patience);
        connection.try_send(&self)
    }

    /// Sends the whole request over HTTP/1.1 and leaves the reply to you: read it, close, or reset.
    pub fn start(self) -> Connection {
        let mut connection = Connection::open(self.address, self.patience);
        connection.write_request(&self);
        connection
    }

    /// Sends only the head over HTTP/1.1, whatever body it announces.
    pub fn start_head(self) -> Connection {
        let mut connection = Connection::open(self.address, self.patience);
        connection.write(self.head());
        connection
    }

    pub(crate) fn deadline_from_now(&self) -> Instant {
        Instant::now() + self.patience
    }

    pub(crate) fn is_chunked(&self) -> bool {
        !self.headers.contains("content-length") && (self.body.streamed || !self.trailers.is_empty())
    }

    /// The head in the form of HTTP/1.1.
    pub(crate) fn head(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path).into_bytes();
        let mut framing = Headers::new();
        if !self.headers.contains("host") {
            framing.add("host", self.address.to_string());
        }
        if self.is_chunked() && !self.headers.contains("transfer-encoding") {
            framing.add("transfer-encoding", "chunked");
        } else if !self.body.pieces.is_empty() && !self.headers.contains("content-length") {
            framing.add("content-length", self.body.len().to_string());
        }
        framing.write_to(&mut head);
        self.headers.write_to(&mut head);
        head.extend_from_slice(b"\r\n");
        head
    }
}
