//! One HTTP call of a plugin, from the request to the whole answer.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Uri};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, SizeHint};

use super::answer;
use super::room::{Pool, Taken};
use crate::cluster::{Cluster, Host, RequestBody};
use crate::headers::Headers;
use crate::log::{Component, Level, Log};
use crate::world::{HttpAnswer, HttpCall};

const INTERNAL: HeaderName = HeaderName::from_static("x-envoy-internal");
const EXPECTED: HeaderName = HeaderName::from_static("x-envoy-expected-rq-timeout-ms");

/// The answer as the plugin gets it: what the service said, what the gateway says in its place when it said nothing,
/// or `None` when its answer broke off or is too large; with the room that it takes.
pub(super) async fn run(
    cluster: &Rc<Cluster>,
    host: &Rc<Host>,
    call: HttpCall,
    room: &Pool,
    log: &Log,
) -> (Option<HttpAnswer>, Option<Taken>) {
    let mut taken = room.take(0);
    let answer = answer_to(cluster, host, call, &mut taken, log).await;
    // One that is not told takes none.
    let taken = taken.filter(|_| answer.is_some());
    (answer, taken)
}

async fn answer_to(
    cluster: &Rc<Cluster>,
    host: &Rc<Host>,
    call: HttpCall,
    room: &mut Option<Taken>,
    log: &Log,
) -> Option<HttpAnswer> {
    let name = call.cluster.clone();
    let say = |level, text: std::fmt::Arguments<'_>| {
        log.write(Component::Wasm, level, format_args!("HTTP call to the cluster {name:?}: {text}"));
    };
    let note = |text: std::fmt::Arguments<'_>| say(Level::Debug, text);
    let timeout = call.timeout;
    let Some(request) = request(call) else {
        note(format_args!("its headers are no valid request"));
        return Some(answer::invalid());
    };
    let mut begun = false;
    let exchange = async {
        let answered = match cluster.request_from(host, request).await {
            Ok(answered) => answered,
            Err(error) => {
                note(format_args!("{error}"));
                return Some(answer::in_place(&error));
            }
        };
        begun = true;
        answer::read(answered, room).await.inspect_err(|(level, why)| say(*level, format_args!("{why}"))).ok()
    };
    let Some(timeout) = timeout else { return exchange.await };
    match tokio::time::timeout(timeout, exchange).await {
        Ok(answer) => answer,
        Err(_) => {
            note(format_args!("no whole answer within {timeout:?}"));
            (!begun).then(answer::timed_out)
        }
    }
}

fn request(call: HttpCall) -> Option<Request<RequestBody>> {
    let value = |name: &[u8]| call.headers.get(name);
    let mut request = Request::new(());
    *request.method_mut() = Method::from_bytes(value(b":method")?).ok()?;
    *request.uri_mut() = Uri::try_from(value(b":path")?).ok()?;
    *request.headers_mut() = header_map(&call.headers)?;
    if let Some(authority) = value(b":authority") {
        request.headers_mut().insert(HOST, HeaderValue::from_bytes(authority).ok()?);
    }
    // What Envoy's own client adds.
    request.headers_mut().insert(INTERNAL, HeaderValue::from_static("true"));
    if let Some(timeout) = call.timeout {
        request.headers_mut().insert(EXPECTED, HeaderValue::from_str(&timeout.as_millis().to_string()).ok()?);
    }
    let trailers = header_map(&call.trailers)?;
    if !call.body.is_empty() {
        request.headers_mut().remove(CONTENT_LENGTH);
        if trailers.is_empty() {
            request.headers_mut().insert(CONTENT_LENGTH, call.body.len().into());
        }
    }
    let body = Message::new(call.body, trailers).map_err(|never| match never {}).boxed();
    Some(request.map(|()| body))
}

/// Pseudo headers have places of their own.
fn header_map(headers: &Headers) -> Option<HeaderMap> {
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers.iter().filter(|(name, _)| !name.starts_with(b":")) {
        map.append(HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?);
    }
    Some(map)
}

/// A body at hand, with trailers.
#[derive(Debug)]
struct Message {
    frames: VecDeque<Frame<Bytes>>,
    size: SizeHint,
}

impl Message {
    fn new(body: Vec<u8>, trailers: HeaderMap) -> Self {
        let size = if trailers.is_empty() {
            SizeHint::with_exact(u64::try_from(body.len()).unwrap_or(u64::MAX))
        } else {
            SizeHint::default()
        };
        let data = (!body.is_empty()).then(|| Frame::data(body.into()));
        let trailers = (!trailers.is_empty()).then(|| Frame::trailers(trailers));
        Self { frames: data.into_iter().chain(trailers).collect(), size }
    }
}

impl Body for Message {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.frames.pop_front().map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.size
    }
}
