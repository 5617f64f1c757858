//! Drives one exchange: carries what comes from both sides into the plugins and what they let go to the other side.
//!
//! It runs wherever the client's connection is polled, first for the head of the response, then for each piece of its
//! body. So nothing is read from an upstream before the client has taken what came before, and an exchange ends by
//! being dropped when its client leaves.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Version;
use hyper::body::{Body, Incoming};
use hyper::upgrade::OnUpgrade;
use tokio::time::Sleep;

use super::answer::Local;
use super::client::ToClient;
use super::forward::Upstream;
use super::idle::Idle;
use super::live::Live;
use super::source::Source;
use crate::abi::Direction;
use crate::exchange::Exchange;
use crate::server::fields;
use crate::server::plugins::Plugins;
use crate::worker::{ExchangeId, Message, Output, Outputs, Worker};

/// How long a client that was answered may go on sending: Envoy's default of `delayed_close_timeout`.
const DRAIN: Duration = Duration::from_secs(1);

/// One exchange under way.
pub(in crate::server) struct Driver {
    plugins: Rc<Plugins>,
    pub(super) live: Rc<Live>,
    id: ExchangeId,
    /// What is still to be read of the client's request.
    request: Option<Source>,
    pub(super) upstream: Upstream,
    pub(super) deadline: Option<Pin<Box<Sleep>>>,
    pub(super) idle: Idle,
    pub(super) client: ToClient,
    /// A plugin's buffer is full: request, response.
    held: [bool; 2],
    /// The client's connection, where the request wants to upgrade it.
    upgrade: Option<OnUpgrade>,
    /// It broke, though the head of a response may still be on its way.
    pub(super) broken: bool,
    /// Its connection was upgraded: either side may end it.
    tunnel: bool,
}

/// The exchange cannot be brought to an end that the client would understand: its stream is closed abruptly.
#[derive(Debug)]
pub(in crate::server) struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the exchange was broken off")
    }
}

impl std::error::Error for Broken {}

impl Driver {
    /// Begins an exchange by showing its request to the plugins.
    pub(in crate::server) fn new(
        plugins: Rc<Plugins>,
        live: Rc<Live>,
        body: Incoming,
        upgrade: Option<OnUpgrade>,
    ) -> Self {
        live.site.stats.requests.count();
        live.site.stats.requests_active.up();
        let id = plugins.open(Rc::clone(&live));
        let bodiless = body.is_end_stream();
        // What follows an upgrade is its body.
        let end = bodiless && upgrade.is_none();
        let idle = Idle::new(live.site.listener.manager.stream_idle_timeout);
        let mut driver = Self {
            plugins,
            live,
            id,
            request: (!bodiless).then(|| Source::new(body)),
            upstream: Upstream::default(),
            deadline: None,
            idle,
            client: ToClient::default(),
            held: [false; 2],
            upgrade,
            broken: false,
            tunnel: false,
        };
        if bodiless {
            driver.request_ended();
        }
        let headers = driver.live.record.borrow().request.clone();
        driver.tell(|worker, id| worker.from_client(id, Message::Headers { headers, end }));
        driver
    }

    /// Goes on until the whole response is in `client`, or until something has to be waited for.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if self.broken {
            return Poll::Ready(Err(Broken));
        }
        let outcome = self.poll_on(cx);
        self.broken = matches!(outcome, Poll::Ready(Err(_)));
        outcome
    }

    fn poll_on(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        self.live.wake_by(cx.waker());
        loop {
            let mut moved = false;
            while let Some(output) = self.live.next_output() {
                self.apply(output)?;
                moved = true;
            }
            if self.client.is_whole() {
                return Poll::Ready(Ok(()));
            }
            moved |= self.poll_request(cx)?;
            moved |= self.poll_answer(cx);
            moved |= self.poll_response(cx)?;
            moved |= self.poll_deadline(cx)?;
            if moved {
                self.idle.moved();
            } else if self.idle.poll(cx).is_ready() {
                self.idled()?;
            } else {
                return Poll::Pending;
            }
        }
    }

    /// Nothing has moved for too long. A client without an answer is told, also that it was waited for; where plugins
    /// hold one already, or the client has a part of it, the exchange can only be broken off.
    fn idled(&mut self) -> Result<(), Broken> {
        self.idle.moved();
        if self.live.record.borrow().details.is_none() {
            self.answer(Local::idle(self.request.is_none()));
            return Ok(());
        }
        self.live.record.borrow_mut().idled();
        Err(Broken)
    }

    /// Tells the plugins of something and takes what they want done.
    pub(super) fn tell(&self, event: impl FnOnce(&mut Worker, ExchangeId) -> Outputs) {
        self.plugins.act(|worker| event(worker, self.id));
    }

    fn apply(&mut self, output: Output) -> Result<(), Broken> {
        match output {
            Output::ToUpstream(Message::Headers { headers, end }) => self.forward(headers, end),
            Output::ToUpstream(Message::Data { bytes, end }) => self.upstream.data(bytes, end),
            Output::ToUpstream(Message::Trailers(trailers)) => {
                self.upstream.trailers(fields::to_map(&trailers));
                self.live.record.borrow_mut().request_trailers = Some(trailers);
            }
            Output::ToClient(message) => self.reply(message),
            Output::Answered => self.leave_upstream(),
            Output::Reading { direction, stop } => {
                let [request, response] = &mut self.held;
                *(if direction == Direction::Request { request } else { response }) = stop;
            }
            Output::Reset => {
                self.live.record.borrow_mut().closed_by_plugin();
                return Err(Broken);
            }
        }
        self.start_deadline();
        Ok(())
    }

    /// Both connections, once the upstream has agreed to upgrade.
    pub(super) fn take_upgrade(&mut self) -> Option<(OnUpgrade, OnUpgrade)> {
        let upstream = self.upstream.upgraded.take()?;
        self.deadline = None;
        self.tunnel = true;
        Some((self.upgrade.take()?, upstream))
    }

    /// Whether the client wants to upgrade its connection.
    pub(super) fn upgrades(&self) -> bool {
        self.upgrade.is_some()
    }

    /// The upstream is not listened to any more.
    pub(super) fn leave_upstream(&mut self) {
        self.upstream = Upstream::answered();
        self.deadline = None;
    }

    /// Reads the client's request as fast as plugins and upstream take it.
    fn poll_request(&mut self, cx: &mut Context<'_>) -> Result<bool, Broken> {
        let [held, _] = self.held;
        if held || self.upstream.poll_taken(cx).is_pending() {
            return Ok(false);
        }
        let takes_trailers = self.takes_trailers();
        let limit = self.live.buffer_limit(Direction::Request);
        let Some(body) = &mut self.request else { return Ok(false) };
        let message = match body.poll_message(cx, limit, takes_trailers) {
            Poll::Pending => return Ok(false),
            Poll::Ready(Ok(message)) => message,
            // Nobody is left to answer.
            Poll::Ready(Err(_)) => {
                self.live.record.borrow_mut().client_left();
                return Err(Broken);
            }
        };
        if let Message::Data { bytes, .. } = &message {
            self.live.record.borrow_mut().received += bytes.len() as u64;
        }
        if !matches!(message, Message::Data { end: false, .. }) {
            self.request_ended();
        }
        self.tell(|worker, id| worker.from_client(id, message));
        Ok(true)
    }

    /// Reads what the client goes on sending after it was answered. On HTTP/1.1 it would else meet a connection that is
    /// reset, and lose the answer.
    pub(super) fn drain_request(&mut self) {
        let Some(body) = self.request.take() else { return };
        if self.live.record.borrow().protocol != Version::HTTP_2 {
            tokio::task::spawn_local(tokio::time::timeout(DRAIN, body.drain()));
        }
    }

    /// HTTP/1.1's trailers count only where the configuration says so.
    fn takes_trailers(&self) -> bool {
        self.live.site.listener.manager.http1_trailers || self.live.record.borrow().protocol == Version::HTTP_2
    }

    fn request_ended(&mut self) {
        self.request = None;
        let mut record = self.live.record.borrow_mut();
        record.request_took = Some(record.began.elapsed());
    }

    /// Reads the upstream's response as fast as plugins and client take it.
    fn poll_response(&mut self, cx: &mut Context<'_>) -> Result<bool, Broken> {
        let [_, held] = self.held;
        if held || !self.client.is_taken() {
            return Ok(false);
        }
        let limit = self.live.buffer_limit(Direction::Response);
        let Some(body) = &mut self.upstream.body else { return Ok(false) };
        let message = match body.poll_message(cx, limit, self.upstream.trailers) {
            Poll::Pending => return Ok(false),
            Poll::Ready(Ok(message)) => message,
            Poll::Ready(Err(error)) => return Err(self.broken_response(&error)),
        };
        if !matches!(message, Message::Data { end: false, .. }) {
            self.upstream.body = None;
            self.deadline = None;
        }
        self.tell(|worker, id| worker.from_upstream(id, message));
        Ok(true)
    }

    fn broken_response(&mut self, error: &hyper::Error) -> Broken {
        // A body that ends before its end breaks the protocol; a connection that is reset does not.
        let breach = error.is_incomplete_message() || error.is_parse();
        let breach = breach || std::error::Error::source(error).is_some_and(is_early_end);
        let (flag, reason) = if breach { ("UPE", "protocol_error") } else { ("UC", "connection_termination") };
        let mut record = self.live.record.borrow_mut();
        record.flags.set(flag);
        record.details = Some(format!("upstream_reset_after_response_started{{{reason}}}"));
        Broken
    }
}

fn is_early_end(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<std::io::Error>().is_some_and(|cause| cause.kind() == std::io::ErrorKind::UnexpectedEof)
}

impl Drop for Driver {
    /// The exchange is over, whether it came to its end or its client left.
    fn drop(&mut self) {
        let view = {
            let mut record = self.live.record.borrow_mut();
            record.took = Some(record.began.elapsed());
            if !self.client.is_whole() && !self.broken && !self.tunnel {
                record.client_left();
            }
            record.log_view()
        };
        self.plugins.finish(self.id, &view);
        self.live.site.stats.ended(self.live.record.borrow().status());
        self.live.site.log_access(&self.live);
    }
}
