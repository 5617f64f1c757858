//! Whole bodies: with the headers still in hand, or without.

use super::held::Held;
use super::{Edit, RequestSide, Side};
use crate::error::Result;
use crate::exchange::{Exchange, wait};
use crate::headers::{Headers, HeadersMut};
use crate::host::Direction;
use crate::plugin::{Flow, Outcome};
use crate::reply::Reply;
use crate::request::Request;
use crate::response::Response;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// A complete message: headers in hand, as in the [`Request`] or [`Response`] it derefs to, and the whole body.
#[must_use = "forward it or reply to it"]
pub struct Full<M> {
    message: M,
    held: Held,
}

/// A complete body whose headers have gone on.
#[must_use = "forward it"]
pub struct Whole<S, Mode> {
    held: Held,
    kind: PhantomData<(S, Mode)>,
}

// === impl Full ===

impl<M> Full<M> {
    pub(crate) fn new(message: M, exchange: Rc<Exchange>, direction: Direction, body: Vec<u8>) -> Self {
        Self { message, held: Held::new(exchange, direction, body) }
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        self.held.bytes()
    }

    /// Replaces the body, and corrects `content-length`. Fails for a message that came without any body.
    pub fn replace_body(&mut self, bytes: impl Into<Vec<u8>>) -> Result<()> {
        self.held.replace(bytes.into())?;
        self.held.correct_length()
    }

    /// Adds to the end of the body, and corrects `content-length`.
    pub fn append_body(&mut self, bytes: impl AsRef<[u8]>) -> Result<()> {
        self.held.append(bytes.as_ref())?;
        self.held.correct_length()
    }

    /// Adds before the body, and corrects `content-length`.
    pub fn prepend_body(&mut self, bytes: impl AsRef<[u8]>) -> Result<()> {
        self.held.prepend(bytes.as_ref())?;
        self.held.correct_length()
    }

    /// The trailers, if any came.
    pub fn trailers(&self) -> Option<Headers<'_>> {
        self.held.trailers()
    }

    /// The trailers, to be changed.
    pub fn trailers_mut(&mut self) -> Option<HeadersMut<'_>> {
        self.held.trailers_mut()
    }

    /// Lets the message go; the plugin is done with this exchange.
    pub fn forward(self) -> Flow {
        Flow(Outcome::Forward)
    }

    /// Answers the client instead.
    pub fn reply(self, reply: Reply) -> Flow {
        Flow(Outcome::Reply(reply))
    }
}

impl Full<Request> {
    /// Lets the request go and waits for the headers of the response.
    pub async fn forward_and_wait(self) -> Response {
        self.message.forward_and_wait().await
    }
}

impl<M> Deref for Full<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.message
    }
}

impl<M> DerefMut for Full<M> {
    fn deref_mut(&mut self) -> &mut M {
        &mut self.message
    }
}

// === impl Whole ===

impl<S: Side, Mode> Whole<S, Mode> {
    pub(crate) fn new(exchange: Rc<Exchange>, body: Vec<u8>) -> Self {
        Self { held: Held::new(exchange, S::DIRECTION, body), kind: PhantomData }
    }

    /// The body.
    pub fn bytes(&self) -> &[u8] {
        self.held.bytes()
    }

    /// The trailers, if any came.
    pub fn trailers(&self) -> Option<Headers<'_>> {
        self.held.trailers()
    }

    /// The trailers, to be changed.
    pub fn trailers_mut(&mut self) -> Option<HeadersMut<'_>> {
        self.held.trailers_mut()
    }

    /// Lets the body go; the plugin is done with this exchange.
    pub fn forward(self) -> Flow {
        Flow(Outcome::Forward)
    }
}

impl<S: Side> Whole<S, Edit> {
    /// Replaces the body. Fails for a message that came without any body.
    pub fn replace(&mut self, bytes: impl Into<Vec<u8>>) -> Result<()> {
        self.held.replace(bytes.into())
    }

    /// Adds to the end of the body.
    pub fn append(&mut self, bytes: impl AsRef<[u8]>) -> Result<()> {
        self.held.append(bytes.as_ref())
    }

    /// Adds before the body.
    pub fn prepend(&mut self, bytes: impl AsRef<[u8]>) -> Result<()> {
        self.held.prepend(bytes.as_ref())
    }
}

impl<Mode> Whole<RequestSide, Mode> {
    /// Lets the body go and waits for the headers of the response.
    pub async fn forward_and_wait(self) -> Response {
        let exchange = self.held.exchange();
        wait::response(&exchange).await;
        Response::new(exchange)
    }

    /// Answers the client although the headers have gone to the upstream already, whose response is dropped.
    pub fn reply(self, reply: Reply) -> Flow {
        Flow(Outcome::Reply(reply))
    }
}
