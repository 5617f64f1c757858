//! A body as it passes, chunk by chunk.

use super::{Edit, RequestSide, Side};
use crate::error::{Error, ErrorKind, Result};
use crate::exchange::{Exchange, wait};
use crate::headers::HeadersMut;
use crate::host::{Host, host};
use crate::plugin::{Flow, Outcome};
use crate::reply::Reply;
use crate::response::Response;
use std::marker::PhantomData;
use std::rc::Rc;

/// A body that passes while the plugin looks on. A chunk goes on as soon as the next one is asked for; while the plugin
/// waits for something else meanwhile, the gateway keeps what arrives, and refuses it past its buffer's limit (413 to a
/// request, an end to a response).
#[must_use = "forward it"]
pub struct Chunks<S, Mode> {
    exchange: Rc<Exchange>,
    kind: PhantomData<(S, Mode)>,
}

/// Some bytes of a passing body, cut as they happened to arrive.
pub struct Chunk<'a, S, Mode> {
    exchange: &'a Exchange,
    from: usize,
    bytes: Vec<u8>,
    kind: PhantomData<(S, Mode)>,
}

// === impl Chunks ===

impl<S: Side, Mode> Chunks<S, Mode> {
    pub(crate) fn new(exchange: Rc<Exchange>) -> Self {
        Self { exchange, kind: PhantomData }
    }

    /// The next bytes; `None` at the end of the body, and when the upstream answered without waiting for it.
    pub async fn next(&mut self) -> Result<Option<Chunk<'_, S, Mode>>> {
        let Some((from, to)) = wait::chunk(&self.exchange, S::DIRECTION).await else { return Ok(None) };
        let bytes = wait::read(self.exchange.side(S::DIRECTION), from, to)?;
        Ok(Some(Chunk { exchange: &self.exchange, from, bytes, kind: PhantomData }))
    }

    /// Whether the body has come to its end. False after the last chunk means that the upstream answered without waiting
    /// for the rest, which goes on unseen if the plugin lets it.
    pub fn is_complete(&self) -> bool {
        self.exchange.side(S::DIRECTION).ended.get()
    }

    /// Lets the rest of the body pass and waits for its trailers; `None` when the message ends without any.
    pub async fn trailers(&mut self) -> Option<HeadersMut<'_>> {
        let came = wait::trailers(&self.exchange, S::DIRECTION).await;
        came.then(|| HeadersMut::new(self.exchange.side(S::DIRECTION).trailers_map()))
    }

    /// Lets the rest of the body go; the plugin is done with this exchange.
    pub fn forward(self) -> Flow {
        Flow(Outcome::Forward)
    }
}

impl<Mode> Chunks<RequestSide, Mode> {
    /// Lets the rest of the body go and waits for the headers of the response.
    pub async fn forward_and_wait(self) -> Response {
        wait::response(&self.exchange).await;
        Response::new(self.exchange)
    }

    /// Answers the client although part of the request has gone to the upstream already, whose response is dropped.
    pub fn reply(self, reply: Reply) -> Flow {
        Flow(Outcome::Reply(reply))
    }
}

// === impl Chunk ===

impl<S: Side, Mode> Chunk<'_, S, Mode> {
    /// The bytes, never none.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<S: Side> Chunk<'_, S, Edit> {
    /// Sends other bytes on in place of these; none is allowed.
    pub fn replace(self, bytes: impl AsRef<[u8]>) -> Result<()> {
        let (side, bytes) = (self.exchange.side(S::DIRECTION), bytes.as_ref());
        let (from, to, size) = (self.from, self.from.saturating_add(self.bytes.len()), side.size.get());
        // The host can only rewrite a buffer from its start, so what surrounds the chunk is written back as it was.
        let mut buffer = wait::read(side, 0, from)?;
        buffer.extend_from_slice(bytes);
        buffer.extend(wait::read(side, to, size)?);
        host()
            .set_buffer(side.buffer(), 0, i32::MAX as usize, &buffer)
            .map_err(|status| Error::new(ErrorKind::Host, format!("replace a chunk: {status}")))?;
        side.size.set(buffer.len());
        side.taken.set(from.saturating_add(bytes.len()));
        Ok(())
    }
}
