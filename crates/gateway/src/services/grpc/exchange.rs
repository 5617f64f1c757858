//! One gRPC call or stream, from the head of its request to its end.

use std::rc::Rc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, TE};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::body::Body;

use super::body::Messages;
use super::frames::{Fault, Frames};
use super::listener::Listener;
use crate::cluster::{Answered, Cluster, Host};
use crate::grpc::{GrpcAsked, GrpcCall};
use crate::headers::Headers;
use crate::stream::LocalReply;
use crate::worker::local_reply::{grpc_status, trailers_only};

/// The bytes of one message where the plugin gives no limit: what Envoy's HTTP client keeps of an answer.
const MOST_BYTES: usize = 32 << 20;

const UNKNOWN: u32 = 2;
const RESOURCE_EXHAUSTED: u32 = 8;
const INTERNAL: u32 = 13;
/// A status that is no number.
const INVALID: u32 = u32::MAX;

/// Response code details, which Envoy appends to gRPC's message.
const UPSTREAM: &str = "via_upstream";
const BROKEN: &str = "upstream_reset_after_response_started{remote_reset}";
const TIMEOUT: &str = "response_timeout";

/// How a call or stream ended.
type End = (u32, String);

pub(super) async fn run(
    cluster: &Cluster,
    host: &Rc<Host>,
    call: GrpcCall,
    body: Messages,
    mut listener: Listener,
) -> End {
    let frames = Frames::new(call.most.unwrap_or(MOST_BYTES));
    let timeout = match call.asked {
        GrpcAsked::Call { timeout, .. } if !timeout.is_zero() => Some(timeout),
        _ => None,
    };
    let mut begun = false;
    let exchange = async {
        let Some(head) = head(&call) else {
            return local(&listener, 400, "invalid request headers", "invalid_request").await;
        };
        match cluster.request_from(host, head.map(|()| body.boxed())).await {
            Ok(answered) => {
                begun = true;
                read(answered, frames, &mut listener).await
            }
            Err(error) => local(&listener, error.status(), &error.body(), &error.details()).await,
        }
    };
    let end = match timeout {
        None => exchange.await,
        Some(timeout) => match tokio::time::timeout(timeout, exchange).await {
            Ok(end) => end,
            Err(_) if begun => (INTERNAL, TIMEOUT.to_owned()),
            Err(_) => local(&listener, 504, "upstream request timeout", TIMEOUT).await,
        },
    };
    let told = end.clone();
    listener.closed(end.0, end.1).await;
    told
}

/// What a gateway answers itself, as gRPC has it: trailers that stand in the place of headers.
async fn local(listener: &Listener, status: u16, body: &str, details: &str) -> End {
    let reply = LocalReply { status: status.into(), body: body.into(), ..LocalReply::default() };
    listener.headers(Headers::default()).await;
    by_trailers(trailers_only(reply), details, listener).await
}

async fn by_trailers(trailers: Headers, details: &str, listener: &Listener) -> End {
    let message = String::from_utf8_lossy(trailers.get(b"grpc-message").unwrap_or_default()).into_owned();
    let message = if message.is_empty() { details.to_owned() } else { format!("{message}{{{details}}}") };
    let status = status_of(&trailers).unwrap_or(UNKNOWN);
    listener.trailers(trailers).await;
    (status, message)
}

async fn broken(listener: &Listener, status: u32, details: &str) -> End {
    listener.trailers(Headers::default()).await;
    (status, details.to_owned())
}

async fn read(answered: Answered, mut frames: Frames, listener: &mut Listener) -> End {
    let (head, mut body) = answered.response.into_parts();
    let mut headers: Headers = [(":status", head.status.as_str())].into_iter().collect();
    add(&mut headers, &head.headers);
    let ended = body.is_end_stream();
    listener.headers(if ended { Headers::default() } else { headers.clone() }).await;
    // gRPC's own status counts before what HTTP's stands for.
    let trailers_only = ended && status_of(&headers).is_some();
    if head.status != StatusCode::OK && !trailers_only {
        let status = u32::try_from(grpc_status(head.status.as_u16().into())).unwrap_or(UNKNOWN);
        return broken(listener, status, UPSTREAM).await;
    }
    if ended {
        return by_trailers(headers, UPSTREAM, listener).await;
    }
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return broken(listener, INTERNAL, BROKEN).await };
        match frame.into_data() {
            Ok(data) => frames.came(&data),
            Err(frame) if answered.trailers => {
                let mut trailers = Headers::default();
                add(&mut trailers, &frame.into_trailers().unwrap_or_default());
                return by_trailers(trailers, UPSTREAM, listener).await;
            }
            Err(_) => {}
        }
        loop {
            match frames.next() {
                Ok(None) => break,
                Ok(Some(message)) => {
                    if !listener.message(message).await {
                        return broken(listener, RESOURCE_EXHAUSTED, UPSTREAM).await;
                    }
                }
                Err(Fault::TooLarge) => return broken(listener, RESOURCE_EXHAUSTED, UPSTREAM).await,
                Err(Fault::Flags) => return broken(listener, INTERNAL, UPSTREAM).await,
            }
        }
    }
    broken(listener, UNKNOWN, UPSTREAM).await
}

/// The request as gRPC over HTTP has it.
fn head(call: &GrpcCall) -> Option<Request<()>> {
    const INTERNAL: HeaderName = HeaderName::from_static("x-envoy-internal");
    const EXPECTED: HeaderName = HeaderName::from_static("x-envoy-expected-rq-timeout-ms");
    const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
    let mut request = Request::new(());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::try_from(format!("/{}/{}", call.service, call.method)).ok()?;
    let headers = request.headers_mut();
    let authority = call.authority.as_ref().unwrap_or(&call.cluster);
    headers.insert(HOST, HeaderValue::from_str(authority).ok()?);
    headers.insert(TE, HeaderValue::from_static("trailers"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    if let GrpcAsked::Call { timeout, .. } = &call.asked {
        headers.insert(GRPC_TIMEOUT, HeaderValue::from_str(&grpc_timeout(*timeout)).ok()?);
        if !timeout.is_zero() {
            headers.insert(EXPECTED, HeaderValue::from_str(&timeout.as_millis().to_string()).ok()?);
        }
    }
    // What Envoy's own client adds.
    headers.insert(INTERNAL, HeaderValue::from_static("true"));
    for (name, value) in call.metadata.iter().filter(|(name, _)| !name.starts_with(b":")) {
        headers.append(HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?);
    }
    Some(request)
}

/// At most eight digits, and a unit.
fn grpc_timeout(timeout: Duration) -> String {
    const MOST: u128 = 99_999_999;
    let (millis, seconds) = (timeout.as_millis(), u128::from(timeout.as_secs()));
    if millis <= MOST { format!("{millis}m") } else { format!("{}S", seconds.min(MOST)) }
}

fn status_of(headers: &Headers) -> Option<u32> {
    let status = headers.get(b"grpc-status")?;
    Some(std::str::from_utf8(status).ok().and_then(|text| text.parse().ok()).unwrap_or(INVALID))
}

fn add(headers: &mut Headers, map: &HeaderMap) {
    for (name, value) in map {
        headers.add(name.as_str().as_bytes(), value.as_bytes());
    }
}
