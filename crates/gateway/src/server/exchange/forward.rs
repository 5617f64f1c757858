//! A request that has passed all plugins: its route is found, and it goes to an upstream or is answered here.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use hyper::upgrade::OnUpgrade;
use tokio::time::Sleep;

use super::answer::Local;
use super::drive::{Broken, Driver};
use super::live::Live;
use super::pipe::{self, Writer};
use super::source::Source;
use crate::bootstrap::{Action, DirectResponse, HostRewrite, RouteAction};
use crate::cluster::{Answered, UpstreamError};
use crate::headers::Headers;
use crate::server::fields;
use crate::server::header_changes;

type Answer = Pin<Box<dyn Future<Output = Result<Answered, UpstreamError>>>>;

/// What an exchange has to do with an upstream.
#[derive(Default)]
pub(super) struct Upstream {
    /// Where the body of the request goes.
    writer: Option<Writer>,
    /// The head of the response, once it comes.
    pub(super) answer: Option<Answer>,
    /// What is still to be read of the response.
    pub(super) body: Option<Source>,
    /// Trailers of the response count.
    pub(super) trailers: bool,
    /// The connection to an upstream that has agreed to upgrade it.
    pub(super) upgraded: Option<OnUpgrade>,
    /// When the whole request had been handed over, which is where the route's timeout begins.
    pub(super) asked: Option<Instant>,
    /// How long the response may take from then on.
    timeout: Option<Duration>,
    answered: bool,
}

impl Upstream {
    /// Nobody is asked, or listened to any more: what is left of the request goes nowhere.
    pub(super) fn answered() -> Self {
        Self { answered: true, ..Self::default() }
    }

    pub(super) fn poll_taken(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.writer.as_ref().map_or(Poll::Ready(()), |writer| writer.poll_taken(cx))
    }

    pub(super) fn data(&mut self, bytes: Vec<u8>, end: bool) {
        if let Some(writer) = &self.writer {
            writer.data(bytes, end);
        }
        self.ended(end);
    }

    pub(super) fn trailers(&mut self, trailers: HeaderMap) {
        if let Some(writer) = &self.writer {
            writer.trailers(trailers);
        }
        self.ended(true);
    }

    fn ended(&mut self, end: bool) {
        if end && !self.answered {
            self.asked = Some(Instant::now());
        }
    }
}

impl Driver {
    /// Sends the head of the request where its route says.
    pub(super) fn forward(&mut self, headers: Headers, end: bool) {
        {
            let mut record = self.live.record.borrow_mut();
            record.request = headers;
        }
        let live = std::rc::Rc::clone(&self.live);
        let Some(found) = live.route(None) else { return self.answer(Local::no_route()) };
        match &found.route.action {
            Action::DirectResponse(response) => self.answer_directly(response),
            Action::Redirect(redirect) => {
                let location = {
                    let record = live.record.borrow();
                    let text = |name: &str| fields::joined(&record.request, name).unwrap_or_default();
                    found.route.location(&text(":scheme"), &text(":authority"), &text(":path")).unwrap_or_default()
                };
                self.answer(Local::redirect(redirect.status, &location));
            }
            Action::Route(action) => self.send(&live, action, end),
        }
    }

    fn answer_directly(&mut self, response: &DirectResponse) {
        match self.live.site.direct_body(response) {
            Ok(body) => self.answer(Local::direct(response.status, body)),
            Err(fault) => {
                self.live.site.warn(&format!("a direct_response has no body: {fault}"));
                self.answer(Local::direct(500, Vec::new()));
            }
        }
    }

    fn send(&mut self, live: &Live, action: &RouteAction, end: bool) {
        let site = std::rc::Rc::clone(&self.live.site);
        let Some(cluster) = site.clusters.get(&action.cluster) else {
            return self.answer(Local::upstream(&UpstreamError::NoHost));
        };
        if let Some(limit) = action.idle_timeout {
            self.idle.limit(Some(limit).filter(|limit| !limit.is_zero()));
        }
        let wanted = live.record.borrow().override_host;
        let host = match cluster.choose(wanted) {
            Ok(host) => host,
            Err(error) => return self.answer(Local::upstream(&error)),
        };
        let before = live.recording.as_ref().map(|_| live.record.borrow().request.clone());
        if let Some(timeout) = action.timeout.filter(|_| !site.listener.manager.router.suppress_envoy_headers) {
            let millis = timeout.as_millis().to_string();
            live.record.borrow_mut().request.set(b"x-envoy-expected-rq-timeout-ms", millis.as_bytes());
        }
        let rewritten = match &action.host {
            HostRewrite::Keep => None,
            HostRewrite::Literal(host) => Some(host.clone()),
            HostRewrite::Endpoint => Some(host.hostname().to_owned()),
        };
        header_changes::to_request(live, rewritten.as_deref());
        let end = end || self.upgrades();
        let (writer, body) = if end {
            (None, pipe::empty())
        } else {
            let (writer, body) = pipe::pipe();
            (Some(writer), body)
        };
        let Some(head) = head(&live.record.borrow().request) else {
            return self.answer(Local::unsendable());
        };
        {
            let mut record = live.record.borrow_mut();
            record.upstream = Some(host.address());
        }
        if let Some(recording) = &live.recording {
            if let Some(before) = &before {
                recording.routed(before, &live.record.borrow().request);
            }
            recording.sent_to(&action.cluster, &host.address().to_string());
        }
        let request = head.map(|()| body);
        let answer = async move { cluster.request_from(&host, request).await };
        self.upstream = Upstream {
            writer,
            answer: Some(Box::pin(answer)),
            timeout: action.timeout,
            asked: end.then(Instant::now),
            ..Upstream::default()
        };
    }

    /// The route's time begins when the upstream has the whole request.
    pub(super) fn start_deadline(&mut self) {
        if let (None, Some(_), Some(timeout)) = (&self.deadline, self.upstream.asked, self.upstream.timeout.take()) {
            self.deadline = Some(Box::pin(tokio::time::sleep(timeout)));
        }
    }

    pub(super) fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Result<bool, Broken> {
        let Some(deadline) = &mut self.deadline else { return Ok(false) };
        if Sleep::poll(deadline.as_mut(), cx).is_pending() {
            return Ok(false);
        }
        self.deadline = None;
        let began = self.upstream.answer.is_none();
        self.leave_upstream();
        if began {
            let mut record = self.live.record.borrow_mut();
            record.flags.set("UT");
            record.details = Some("response_timeout".to_owned());
            return Err(Broken);
        }
        self.answer(Local::timeout());
        Ok(true)
    }
}

/// The head as the HTTP library wants it; `None` when it cannot be sent.
fn head(headers: &Headers) -> Option<Request<()>> {
    let method = Method::from_bytes(headers.get(b":method")?).ok()?;
    let path = PathAndQuery::from_maybe_shared(bytes::Bytes::copy_from_slice(headers.get(b":path")?)).ok()?;
    let mut map = HeaderMap::with_capacity(headers.len());
    map.insert(HOST, HeaderValue::from_bytes(headers.get(b":authority").unwrap_or_default()).ok()?);
    map.extend(fields::to_map(headers));
    let mut request = Request::new(());
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from(path);
    *request.headers_mut() = map;
    Some(request)
}
