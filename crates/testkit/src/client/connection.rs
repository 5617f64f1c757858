//! One HTTP/1.1 connection in the hands of the test: keep-alive, raw bytes, early departure.

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::{Incomplete, Reply, Request};
use crate::body::{Piece, chunk};
use crate::broken::Broken;
use crate::headers::Headers;
use crate::message::{Framing, parse_reply};
use crate::wire::Wire;

/// A client's connection. Dropping it closes it in an orderly way.
pub struct Connection {
    wire: Wire,
    method: String,
    write_fault: Option<Broken>,
}

impl Connection {
    /// Connects; reads and writes end `patience` from now.
    ///
    /// # Panics
    /// When nobody listens at `address`.
    pub fn open(address: SocketAddr, patience: Duration) -> Self {
        Self::try_open(address, patience).unwrap_or_else(|error| panic!("cannot connect to {address}: {error}"))
    }

    /// As [`open`](Self::open), for an address that may have nobody behind it.
    pub(crate) fn try_open(address: SocketAddr, patience: Duration) -> std::io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, patience)?;
        Ok(Self { wire: Wire::new(stream, Instant::now() + patience), method: "GET".to_owned(), write_fault: None })
    }

    /// Sends a request and reads its reply; the connection can be used again.
    ///
    /// # Panics
    /// When no whole reply comes before the request's deadline.
    pub fn send(&mut self, request: &Request) -> Reply {
        self.try_send(request).unwrap_or_else(|incomplete| panic!("{} {}: {incomplete}", request.method, request.path))
    }

    /// As [`send`](Self::send), for tests that expect the exchange to break.
    ///
    /// # Errors
    /// When no whole reply comes before the deadline; with what had arrived.
    pub fn try_send(&mut self, request: &Request) -> Result<Reply, Incomplete> {
        self.wire.set_deadline(request.deadline_from_now());
        self.write_request(request);
        self.try_reply()
    }

    /// Writes raw bytes. A fault is told when the reply is read: the server may have answered before it hung up.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        if self.write_fault.is_none() {
            self.write_fault = self.wire.write(bytes.as_ref()).err();
        }
        self
    }

    /// Reads the reply to what was written.
    ///
    /// # Panics
    /// When it does not come whole.
    pub fn reply(&mut self) -> Reply {
        self.try_reply().unwrap_or_else(|incomplete| panic!("{incomplete}"))
    }

    /// Reads the reply to what was written; informational ones (1xx) are passed over.
    ///
    /// # Errors
    /// When it does not come whole; with what had arrived.
    pub fn try_reply(&mut self) -> Result<Reply, Incomplete> {
        let mut reply = self
            .reply_head()
            .map_err(|cause| Incomplete { cause: self.write_fault.take().unwrap_or(cause), partial: None })?;
        let framing = Framing::of_reply(&self.method, reply.status, &reply.headers);
        match self.wire.body(framing, &mut reply.body, &mut reply.trailers) {
            Ok(()) => Ok(reply),
            Err(cause) => Err(Incomplete { cause, partial: Some(reply) }),
        }
    }

    /// Waits until the server closes the connection. True when it did so before the deadline, by FIN or reset.
    pub fn is_closed_by_server(&mut self) -> bool {
        match self.wire.head() {
            Ok(None) | Err(Broken::Reset | Broken::Closed) => true,
            Ok(Some(_)) | Err(_) => false,
        }
    }

    /// Closes the connection with a reset instead of an orderly end. What the gateway has not read by then is lost:
    /// first wait for a sign that it has, such as the upstream's [`wait_for`](crate::Upstream::wait_for).
    pub fn reset(self) {
        self.wire.reset_on_close();
    }

    pub(crate) fn write_request(&mut self, request: &Request) {
        self.method.clone_from(&request.method);
        self.write(request.head());
        let chunked = request.is_chunked();
        for piece in &request.body.pieces {
            match piece {
                Piece::Data(data) if chunked => {
                    self.write(chunk(data));
                }
                Piece::Data(data) => {
                    self.write(data);
                }
                Piece::Pause(time) => std::thread::sleep(*time),
            }
        }
        if chunked {
            let mut end = b"0\r\n".to_vec();
            request.trailers.write_to(&mut end);
            end.extend_from_slice(b"\r\n");
            self.write(end);
        }
    }

    fn reply_head(&mut self) -> Result<Reply, Broken> {
        loop {
            let head = self.wire.head()?.ok_or(Broken::Closed)?;
            let (status, headers) = parse_reply(&head)?;
            if status >= 200 || status == 101 {
                return Ok(Reply { status, headers, body: Vec::new(), trailers: Headers::new() });
            }
        }
    }
}
