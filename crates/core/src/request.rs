//! The client's request while the plugin holds it, from its headers to its handing on.

use crate::body::{Chunks, Edit, Full, Read, RequestSide, Whole};
use crate::end::End;
use crate::error::{Error, ErrorKind, Result};
use crate::exchange::side::Stage;
use crate::exchange::{Exchange, held_body, wait};
use crate::headers::{HeaderValue, Headers, HeadersMut};
use crate::host::{Direction, Map};
use crate::plugin::{Flow, Outcome};
use crate::property;
use crate::reply::Reply;
use crate::response::Response;
use crate::root::Rule;
use crate::task::Background;
use crate::uses;
use std::rc::Rc;

/// A request whose headers the gateway holds for the plugin. Letting go of it decides what happens: [`Self::forward`],
/// [`Self::forward_and_wait`], [`Self::reply`], or [`Self::into_body`] and its like.
#[must_use = "forward it or reply to it"]
pub struct Request {
    pub(crate) exchange: Rc<Exchange>,
}

impl Request {
    pub(crate) fn new(exchange: Rc<Exchange>) -> Self {
        Self { exchange }
    }

    /// The request's headers.
    pub fn headers(&self) -> Headers<'_> {
        Headers::new(Map::RequestHeaders)
    }

    /// The request's headers, to be changed. A change makes the gateway pick the route again; see
    /// [`Self::keep_route`].
    pub fn headers_mut(&mut self) -> HeadersMut<'_> {
        HeadersMut::new(Map::RequestHeaders)
    }

    /// Method, such as `GET`.
    pub fn method(&self) -> String {
        self.pseudo(":method")
    }

    /// Path with the query, as the client sent it.
    pub fn path_and_query(&self) -> String {
        self.pseudo(":path")
    }

    /// Path without the query.
    pub fn path(&self) -> String {
        let mut path = self.path_and_query();
        if let Some(at) = path.find('?') {
            path.truncate(at);
        }
        path
    }

    /// What follows the first `?`, as the client sent it; `None` without a `?`.
    pub fn query(&self) -> Option<String> {
        self.path_and_query().split_once('?').map(|(_, query)| query.to_owned())
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> String {
        self.pseudo(":scheme")
    }

    /// Host that the client named, with the port if it named one (`Host`, or HTTP/2's `:authority`).
    pub fn authority(&self) -> String {
        self.pseudo(":authority")
    }

    fn pseudo(&self, name: &str) -> String {
        self.headers().get(name).as_ref().map(HeaderValue::to_string).unwrap_or_default()
    }

    /// Whether a body may follow. It may still turn out to be empty.
    pub fn has_body(&self) -> bool {
        !self.exchange.side(Direction::Request).ended.get()
    }

    /// Whether the client asks for another protocol, such as WebSocket: what follows then is a tunnel, not a body.
    pub fn is_upgrade(&self) -> bool {
        self.method() == "CONNECT" || self.headers().get("upgrade").is_some()
    }

    /// The conditions of the rule of `_rules_` that chose this configuration, such as `domain *.example.com`; `None` for
    /// the global settings. They tell one rule's requests from another's, wherever the rules stand in their list.
    pub fn rule_conditions(&self) -> Option<String> {
        self.exchange.rule.as_ref().and_then(Rule::conditions)
    }

    /// Keeps the route that the gateway has picked, whatever headers this plugin changes from here on.
    ///
    /// Higress does so. Stock Envoy offers no means to a module of ABI 0.2.1: there a changed header always makes it
    /// pick the route again, unless the plugin runs behind the router, among the cluster's `http_filters`.
    pub fn keep_route(&mut self) {
        property::keep_route();
    }

    /// Raises the gateway's buffer for the request's body, in bytes. Only Higress can; elsewhere nothing changes.
    pub fn set_body_buffer_limit(&mut self, bytes: u32) {
        property::set_buffer_limit(Direction::Request, bytes);
    }

    /// Starts work that goes on whatever becomes of this exchange.
    pub fn background(&self) -> Background {
        Background::new(&self.exchange.root)
    }

    /// Runs `work` at the end of the stream, when all that happened is known; also when the client went away early.
    pub fn at_end(&self, work: impl FnOnce(&End) + 'static) {
        uses::log();
        self.exchange.add_at_end(Box::new(work));
    }

    /// Lets the request go; the plugin is done with this exchange.
    pub fn forward(self) -> Flow {
        Flow(Outcome::Forward)
    }

    /// As [`Self::forward`], with the header state `ContinueAndEndStream`: the message is not to end with its headers.
    /// Today's gateways treat it as `forward`.
    pub fn forward_open(self) -> Flow {
        self.exchange.side(Direction::Request).open_end.set(true);
        Flow(Outcome::Forward)
    }

    /// Lets the request go and waits for the headers of the response, whoever it comes from.
    pub async fn forward_and_wait(self) -> Response {
        wait::response(&self.exchange).await;
        Response::new(self.exchange)
    }

    /// Answers the client; the upstream is never asked.
    pub fn reply(self, reply: Reply) -> Flow {
        Flow(Outcome::Reply(reply))
    }

    /// Waits for the whole body while the headers stay in hand, so that it may decide over headers, route and reply.
    ///
    /// Needs `const ABI: Abi = Abi::V0_2_100`, and on stock Envoy `allow_on_headers_stop_iteration: true`. Fails when
    /// the body is larger than `limit` bytes, and when the gateway does not hand bodies over while headers are held.
    pub async fn collect(self, limit: usize) -> Result<Full<Request>> {
        uses::request_body();
        self.refuse_tunnel()?;
        property::make_room(Direction::Request, limit);
        let body = held_body::collect(&self.exchange, Direction::Request, limit).await?;
        let exchange = self.exchange.clone();
        Ok(Full::new(self, exchange, Direction::Request, body))
    }

    /// Lets the headers go, holds the body and reads it whole. Fails when it is larger than `limit` bytes; the gateway
    /// itself refuses what is larger than its own buffer.
    pub async fn into_body(self, limit: usize) -> Result<Whole<RequestSide, Read>> {
        self.refuse_tunnel()?;
        property::make_room(Direction::Request, limit);
        self.release(Stage::Whole);
        let body = wait::whole(&self.exchange, Direction::Request, limit).await?;
        Ok(Whole::new(self.exchange, body))
    }

    /// As [`Self::into_body`], to change it: removes `content-length`, which would no longer be true.
    pub async fn into_editable_body(mut self, limit: usize) -> Result<Whole<RequestSide, Edit>> {
        self.refuse_tunnel()?;
        self.headers_mut().remove("content-length")?;
        property::make_room(Direction::Request, limit);
        self.release(Stage::Whole);
        let body = wait::whole(&self.exchange, Direction::Request, limit).await?;
        Ok(Whole::new(self.exchange, body))
    }

    /// Lets the headers go and watches the body chunk by chunk.
    pub fn into_chunks(self) -> Chunks<RequestSide, Read> {
        self.release(Stage::Chunks);
        Chunks::new(self.exchange)
    }

    /// As [`Self::into_chunks`], to change them: removes `content-length`, which would no longer be true.
    pub fn into_editable_chunks(mut self) -> Result<Chunks<RequestSide, Edit>> {
        self.headers_mut().remove("content-length")?;
        self.release(Stage::Chunks);
        Ok(Chunks::new(self.exchange))
    }

    /// A tunnel has no end, so waiting for its whole body would never end either. An error, not an empty body: a client
    /// must not slip past a plugin that reads bodies by adding a header.
    fn refuse_tunnel(&self) -> Result<()> {
        match self.is_upgrade() {
            true => Err(Error::new(
                ErrorKind::NoBody,
                "the client asks for a tunnel (upgrade or CONNECT): it has no whole body",
            )),
            false => Ok(()),
        }
    }

    fn release(&self, stage: Stage) {
        uses::request_body();
        self.exchange.side(Direction::Request).stage.set(stage);
    }
}
