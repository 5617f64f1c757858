//! A connection that carries trailers of which the head said nothing, as gateways do.
//!
//! The HTTP library writes only trailers that the head has announced, and a gateway does not know them so early. So the
//! body ends for the library without them, and they are put into the last chunk while it passes through here.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::HeaderMap;
use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::head::{Head, WireOrder};

/// What ends a chunked body that has no trailers.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// What a connection and the body that travels over it tell each other.
#[derive(Debug, Default)]
pub struct Turn {
    /// Trailers as lines, to go out with the end of the body.
    trailers: Mutex<Option<Vec<u8>>>,
    received: AtomicBool,
    head: Mutex<Head>,
}

/// A connection whose writer learns of trailers through its [`Turn`].
#[derive(Debug)]
pub struct Wire<S> {
    stream: S,
    turn: Arc<Turn>,
    /// The end of a body, held until it is known to be whole or on its way out.
    held: Vec<u8>,
    sent: usize,
}

/// A body that hands its trailers to the connection and ends without them.
#[derive(Debug)]
pub struct Trailing<B> {
    body: B,
    turn: Arc<Turn>,
    /// Whether the body travels in chunks; otherwise there is no place for trailers and they are dropped.
    chunked: bool,
    ended: bool,
}

// === impl Turn ===

impl Turn {
    /// Forgets the last exchange.
    pub fn begin(&self) {
        self.take();
        self.received.store(false, Ordering::Relaxed);
        self.head.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The order in which `headers` came, where the library does not tell it: it puts those of one name together.
    pub fn order(&self, headers: &HeaderMap) -> Option<WireOrder> {
        let repeated = headers.keys_len() < headers.len();
        repeated.then(|| self.head.lock().unwrap_or_else(PoisonError::into_inner).order(headers)).flatten()
    }

    /// Whether anything has been received since [`Turn::begin`].
    pub fn has_received(&self) -> bool {
        self.received.load(Ordering::Relaxed)
    }

    fn give(&self, trailers: &HeaderMap) {
        let mut lines = Vec::new();
        for (name, value) in trailers {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                lines.extend_from_slice(part);
            }
        }
        *self.trailers.lock().unwrap_or_else(PoisonError::into_inner) = Some(lines);
    }

    fn take(&self) -> Option<Vec<u8>> {
        self.trailers.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn waits(&self) -> bool {
        self.trailers.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

// === impl Wire ===

impl<S> Wire<S> {
    /// Wraps a connection; `turn` is shared with the bodies that are sent over it.
    pub fn new(stream: S, turn: Arc<Turn>) -> Self {
        Self { stream, turn, held: Vec::new(), sent: 0 }
    }

    /// The connection itself.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }
}

impl<S: AsyncWrite + Unpin> Wire<S> {
    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.held.get(self.sent..).filter(|rest| !rest.is_empty()) {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sent += written;
        }
        self.held.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }

    /// The library flushes only when it has written all it has, so what is held ends with the body's last chunk.
    fn insert_trailers(&mut self) {
        let Some(lines) = self.turn.take() else { return };
        if self.held.ends_with(LAST_CHUNK) {
            self.held.truncate(self.held.len() - 2);
            self.held.extend_from_slice(&lines);
            self.held.extend_from_slice(b"\r\n");
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buf);
        if let Some(bytes) = buf.filled().get(before..).filter(|bytes| !bytes.is_empty()) {
            self.turn.received.store(true, Ordering::Relaxed);
            self.turn.head.lock().unwrap_or_else(PoisonError::into_inner).received(bytes);
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.turn.waits() {
            self.held.extend_from_slice(buf);
            return Poll::Ready(Ok(buf.len()));
        }
        ready!(self.poll_held(cx))?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.turn.waits() {
            let before = self.held.len();
            for buf in bufs {
                self.held.extend_from_slice(buf);
            }
            return Poll::Ready(Ok(self.held.len() - before));
        }
        ready!(self.poll_held(cx))?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.insert_trailers();
        ready!(self.poll_held(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.insert_trailers();
        ready!(self.poll_held(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

// === impl Trailing ===

impl<B> Trailing<B> {
    /// `turn` is that of the connection over which the body goes.
    pub fn new(body: B, turn: Arc<Turn>, chunked: bool) -> Self {
        Self { body, turn, chunked, ended: false }
    }

    /// The body itself.
    pub fn into_inner(self) -> B {
        self.body
    }
}

impl<B: Body<Data: Buf> + Unpin> Body for Trailing<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            other => return Poll::Ready(other),
        };
        let trailers = match frame.into_trailers() {
            Ok(trailers) => trailers,
            Err(data) => return Poll::Ready(Some(Ok(data))),
        };
        if self.chunked && !trailers.is_empty() {
            self.turn.give(&trailers);
        }
        self.ended = true;
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
