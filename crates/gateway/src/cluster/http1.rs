//! HTTP/1.1 to a host, over connections that are used again.

use std::rc::Rc;
use std::sync::Arc;

use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, Uri};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use socket2::SockRef;

use super::connect::{self, connect};
use super::host::{Connection, Host};
use super::wire::{Trailing, Turn, Wire};
use super::{RequestBody, UpstreamError};
use crate::bootstrap::Cluster as Settings;

/// Envoy's default of `max_response_headers_kb`.
const MOST_HEAD_KIB: u32 = 60;
/// Envoy's default of `max_headers_count`.
const MOST_HEADERS: u32 = 100;

pub(super) async fn request(
    host: &Rc<Host>,
    settings: &Settings,
    request: Request<RequestBody>,
    trailers: bool,
) -> Result<Response<Incoming>, UpstreamError> {
    let mut request = in_origin_form(request);
    let active = host.begin();
    loop {
        let idle = host.take_idle();
        let used_before = idle.is_some();
        let mut connection = match idle {
            Some(connection) => connection,
            None => open(host, settings).await?,
        };
        connection.turn.begin();
        let (turn, chunked) =
            (Arc::clone(&connection.turn), trailers && request.headers().contains_key(TRANSFER_ENCODING));
        let sent = connection.sender.try_send_request(request.map(|body| Trailing::new(body, turn, chunked))).await;
        match sent {
            Ok(mut response) => {
                if let Some(order) = connection.turn.order(response.headers()) {
                    response.extensions_mut().insert(order);
                }
                let host = Rc::clone(host);
                tokio::task::spawn_local(async move {
                    host.keep(connection).await;
                    drop(active);
                });
                return Ok(response);
            }
            Err(mut error) => match error.take_message() {
                // The host had closed it in the meantime; nothing of the request was sent.
                Some(unsent) if used_before => request = unsent.map(Trailing::into_inner),
                _ => return Err(reason(&error.into_error(), &connection.turn)),
            },
        }
    }
}

async fn open(host: &Host, settings: &Settings) -> Result<Connection, UpstreamError> {
    let stream = connect(host.address(), settings.connect_timeout).await?;
    let socket = SockRef::from(&stream).try_clone().map_err(|error| connect::failure(&error))?.into();
    let turn = Arc::<Turn>::default();
    let mut builder = Builder::new();
    builder.max_header_size(kib(settings.max_response_headers_kb.unwrap_or(MOST_HEAD_KIB)));
    builder.max_headers(usize::try_from(settings.max_headers_count.unwrap_or(MOST_HEADERS)).unwrap_or(usize::MAX));
    let io = TokioIo::new(Wire::new(stream, Arc::clone(&turn)));
    let (sender, connection) = builder.handshake(io).await.map_err(|_| UpstreamError::Reset)?;
    // Its end is told to whoever waits for an answer.
    tokio::task::spawn_local(connection.with_upgrades());
    Ok(Connection { sender, turn, socket })
}

fn kib(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX).saturating_mul(1024)
}

/// Path and query in the first line, the authority in `host`, and the body's framing said where it must be.
fn in_origin_form(mut request: Request<RequestBody>) -> Request<RequestBody> {
    if let Some(authority) = request.uri().authority()
        && !request.headers().contains_key(HOST)
        && let Ok(value) = HeaderValue::from_bytes(authority.as_str().as_bytes())
    {
        request.headers_mut().insert(HOST, value);
    }
    if request.uri().authority().is_some() {
        let path = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        *request.uri_mut() = Uri::from(path);
    }
    *request.version_mut() = http::Version::HTTP_11;
    let body = request.body();
    let unknown = !body.is_end_stream() && body.size_hint().exact().is_none();
    if unknown && !request.headers().contains_key(CONTENT_LENGTH) {
        // Otherwise the library would take a GET for one without body.
        request.headers_mut().insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    request
}

fn reason(error: &hyper::Error, turn: &Turn) -> UpstreamError {
    if error.is_user() {
        UpstreamError::RequestBody
    } else if error.is_parse() || turn.has_received() {
        UpstreamError::Protocol
    } else {
        UpstreamError::Reset
    }
}
