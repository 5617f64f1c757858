//! The body of a request or response, as it is shown to plugins.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming};

use crate::server::fields;
use crate::worker::Message;

/// A body that is read piece by piece.
pub(super) struct Source {
    body: Incoming,
    /// Read and not shown yet.
    rest: Bytes,
}

impl Source {
    pub(super) fn new(body: Incoming) -> Self {
        Self { body, rest: Bytes::new() }
    }

    /// Reads to the end, for nobody.
    pub(super) async fn drain(mut self) {
        while poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx)).await.is_some_and(|frame| frame.is_ok()) {}
    }

    /// The next piece, of no more bytes than may be buffered, as connections read no more at once; with 0, no limit, as
    /// it was read. Trailers that do not count become a plain end.
    pub(super) fn poll_message(
        &mut self,
        cx: &mut Context<'_>,
        limit: u32,
        takes_trailers: bool,
    ) -> Poll<Result<Message, hyper::Error>> {
        let end = || Message::Data { bytes: Vec::new(), end: true };
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)).transpose()?.map(Frame::into_data) {
                None => return Poll::Ready(Ok(end())),
                Some(Ok(bytes)) if bytes.is_empty() => {}
                Some(Ok(bytes)) => self.rest = bytes,
                Some(Err(other)) => match other.into_trailers() {
                    Ok(trailers) if takes_trailers => {
                        return Poll::Ready(Ok(Message::Trailers(fields::of_map(&trailers))));
                    }
                    Ok(_) => return Poll::Ready(Ok(end())),
                    Err(_) => {}
                },
            }
        }
        let size = match usize::try_from(limit) {
            Ok(limit) if limit > 0 => limit.min(self.rest.len()),
            _ => self.rest.len(),
        };
        let bytes = self.rest.split_to(size);
        let end = self.rest.is_empty() && self.body.is_end_stream();
        Poll::Ready(Ok(Message::Data { bytes: bytes.into(), end }))
    }
}
