//! The response while the plugin holds it.

use crate::body::{Chunks, Edit, Full, Read, ResponseSide, Whole};
use crate::error::{Error, ErrorKind, Result};
use crate::exchange::side::Stage;
use crate::exchange::{Exchange, held_body, wait};
use crate::headers::{Headers, HeadersMut};
use crate::host::{Direction, Map};
use crate::plugin::{Flow, Outcome};
use crate::property;
use crate::reply::Reply;
use crate::uses;
use std::rc::Rc;

/// A response whose headers the gateway holds for the plugin.
#[must_use = "forward it or reply instead of it"]
pub struct Response {
    exchange: Rc<Exchange>,
}

impl Response {
    pub(crate) fn new(exchange: Rc<Exchange>) -> Self {
        Self { exchange }
    }

    /// HTTP status; 0 if the gateway has none.
    pub fn status(&self) -> u16 {
        self.headers().get(":status").and_then(|value| value.to_str()?.parse().ok()).unwrap_or(0)
    }

    /// Changes the HTTP status.
    pub fn set_status(&mut self, status: u16) -> Result<()> {
        self.headers_mut().set(":status", status.to_string())
    }

    /// Whether the upstream sent it, and not the gateway or another plugin in its place.
    pub fn is_from_upstream(&self) -> bool {
        property::is_from_upstream()
    }

    /// The response's headers.
    pub fn headers(&self) -> Headers<'_> {
        Headers::new(Map::ResponseHeaders)
    }

    /// The response's headers, to be changed.
    pub fn headers_mut(&mut self) -> HeadersMut<'_> {
        HeadersMut::new(Map::ResponseHeaders)
    }

    /// Whether a body may follow. It may still turn out to be empty.
    pub fn has_body(&self) -> bool {
        !self.exchange.side(Direction::Response).ended.get()
    }

    /// Raises the gateway's buffer for the response's body, in bytes. Only Higress can; elsewhere nothing changes.
    pub fn set_body_buffer_limit(&mut self, bytes: u32) {
        property::set_buffer_limit(Direction::Response, bytes);
    }

    /// Lets the response go; the plugin is done with this exchange.
    pub fn forward(self) -> Flow {
        Flow(Outcome::Forward)
    }

    /// Answers the client instead.
    pub fn reply(self, reply: Reply) -> Flow {
        Flow(Outcome::Reply(reply))
    }

    /// Waits for the whole body while the headers stay in hand; see [`crate::Request::collect`].
    pub async fn collect(self, limit: usize) -> Result<Full<Response>> {
        uses::response_body();
        self.refuse_tunnel()?;
        property::make_room(Direction::Response, limit);
        let body = held_body::collect(&self.exchange, Direction::Response, limit).await?;
        let exchange = self.exchange.clone();
        Ok(Full::new(self, exchange, Direction::Response, body))
    }

    /// Lets the headers go, holds the body and reads it whole. Fails when it is larger than `limit` bytes; the gateway
    /// itself refuses what is larger than its own buffer.
    pub async fn into_body(self, limit: usize) -> Result<Whole<ResponseSide, Read>> {
        self.refuse_tunnel()?;
        property::make_room(Direction::Response, limit);
        self.release(Stage::Whole);
        let body = wait::whole(&self.exchange, Direction::Response, limit).await?;
        Ok(Whole::new(self.exchange, body))
    }

    /// As [`Self::into_body`], to change it: removes `content-length`, which would no longer be true.
    pub async fn into_editable_body(mut self, limit: usize) -> Result<Whole<ResponseSide, Edit>> {
        self.refuse_tunnel()?;
        self.headers_mut().remove("content-length")?;
        property::make_room(Direction::Response, limit);
        self.release(Stage::Whole);
        let body = wait::whole(&self.exchange, Direction::Response, limit).await?;
        Ok(Whole::new(self.exchange, body))
    }

    /// Lets the headers go and watches the body chunk by chunk.
    pub fn into_chunks(self) -> Chunks<ResponseSide, Read> {
        self.release(Stage::Chunks);
        Chunks::new(self.exchange)
    }

    /// As [`Self::into_chunks`], to change them: removes `content-length`, which would no longer be true.
    pub fn into_editable_chunks(mut self) -> Result<Chunks<ResponseSide, Edit>> {
        self.headers_mut().remove("content-length")?;
        self.release(Stage::Chunks);
        Ok(Chunks::new(self.exchange))
    }

    fn refuse_tunnel(&self) -> Result<()> {
        match self.status() {
            101 => Err(Error::new(ErrorKind::NoBody, "the response begins a tunnel (101): it has no whole body")),
            _ => Ok(()),
        }
    }

    fn release(&self, stage: Stage) {
        uses::response_body();
        self.exchange.side(Direction::Response).stage.set(stage);
    }
}
