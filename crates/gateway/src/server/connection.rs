//! One connection of a client: HTTP/1.1 or HTTP/2, request by request.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Request, Response, Version};
use http_body_util::{Either, Full};
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::arrive::{self, Refused};
use super::exchange::{self, Driver, Live, Record, ReplyBody};
use super::{BoxError, fields, hop, local_exec::LocalExec};
use crate::bootstrap::Codec;
use crate::cluster::{Trailing, Turn, Wire};
use crate::server::site::Site;
use crate::server::slot::Slot;
use crate::state::State;

/// A client's connection: who is at both ends, and what stays with it.
#[derive(Debug)]
pub(super) struct Peer {
    /// Unique within the process.
    pub(super) id: u64,
    pub(super) remote: SocketAddr,
    pub(super) local: SocketAddr,
    /// What plugins have set for as long as it is open.
    pub(super) state: RefCell<State>,
}

type ReplyOf = Either<Either<Trailing<ReplyBody>, ReplyBody>, Full<Bytes>>;

/// Serves a connection until its client leaves or `stop` asks it to end after what is under way.
pub(super) async fn serve(stream: TcpStream, peer: Rc<Peer>, slot: Rc<Slot>, mut stop: watch::Receiver<bool>) {
    // Pieces of bodies must not wait for each other; where the system refuses, they come late and are still right.
    let _ = stream.set_nodelay(true);
    let turn = Arc::<Turn>::default();
    let site = slot.site();
    let open = Open::new(&site);
    let manager = &site.listener.manager;
    let mut builder = auto::Builder::new(LocalExec);
    let head = usize::try_from(manager.max_request_headers_kb).unwrap_or(usize::MAX).saturating_mul(1024);
    builder
        .http1()
        .header_read_timeout(None)
        .max_headers(usize::try_from(manager.max_headers_count).unwrap_or(usize::MAX).saturating_add(1))
        .max_buf_size(head.saturating_add(64 * 1024));
    builder.http2().max_header_list_size(u32::try_from(head).unwrap_or(u32::MAX));
    let builder = match manager.codec {
        Codec::Auto => builder,
        Codec::Http1 => builder.http1_only(),
        Codec::Http2 => builder.http2_only(),
    };
    let service = service_fn(|request| respond(Rc::clone(&slot), Rc::clone(&peer), Arc::clone(&turn), request));
    let io = TokioIo::new(Wire::new(stream, Arc::clone(&turn)));
    let connection = builder.serve_connection_with_upgrades(io, service);
    tokio::pin!(connection);
    let mut closed = slot.closed();
    tokio::select! {
        // A broken connection has nobody to tell it to; its exchanges are logged.
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
        _ = closed.wait_for(|closed| *closed) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
    drop(open);
}

/// Counts a connection while it lasts.
struct Open(Rc<Site>);

impl Open {
    fn new(site: &Rc<Site>) -> Self {
        site.stats.connections.count();
        site.stats.connections_active.up();
        Self(Rc::clone(site))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.stats.connections_active.down();
    }
}

async fn respond(
    slot: Rc<Slot>,
    peer: Rc<Peer>,
    turn: Arc<Turn>,
    mut request: Request<Incoming>,
) -> Result<Response<ReplyOf>, BoxError> {
    if slot.is_closed() {
        return Err("its listener is gone".into());
    }
    let site = slot.site();
    // What follows an upgrade would have to follow the body first, so a request with one is served as if it had not
    // asked, which RFC 9110 (7.8) allows.
    let has_body = !request.body().is_end_stream();
    hop::strip_upgrade(request.headers_mut(), has_body);
    let upgrade = hop::wanted_upgrade(request.headers()).map(|_| hyper::upgrade::on(&mut request));
    let (mut parts, body) = request.into_parts();
    if let Some(order) = turn.order(&parts.headers) {
        parts.extensions.insert(order);
    }
    let manager = &site.listener.manager;
    let headers = match arrive::headers(manager, &peer, &mut parts) {
        Ok(headers) => headers,
        Err(refused) => return Ok(refuse(refused, &site, peer, &parts).map(Either::Right)),
    };
    let live = Rc::new(Live::new(Rc::clone(&site), Record::new(peer, parts.version, headers)));
    let trailers = manager.http1_trailers;
    let reply = exchange::serve(Driver::new(Rc::clone(&slot.plugins), live, body, upgrade))
        .await
        .map_err(|broken| -> BoxError { Box::new(broken) })?;
    if parts.version == Version::HTTP_2 {
        return Ok(reply.map(|body| Either::Left(Either::Right(body))));
    }
    turn.begin();
    let chunked = trailers && !reply.headers().contains_key(http::header::CONTENT_LENGTH);
    Ok(reply.map(|body| Either::Left(Either::Left(Trailing::new(body, turn, chunked)))))
}

/// Answers past all plugins, which never hear of the request.
fn refuse(refused: Refused, site: &Rc<Site>, peer: Rc<Peer>, parts: &Parts) -> Response<Full<Bytes>> {
    let mut record = Record::new(peer, parts.version, fields::of_request(parts, "http"));
    record.response = Some([(":status", refused.status.as_str())].into_iter().collect());
    record.details = Some(refused.details.to_owned());
    record.sent = refused.body.len() as u64;
    record.took = Some(record.began.elapsed());
    if refused.breach {
        record.flags.set("DPE");
    }
    let live = Live::new(Rc::clone(site), record);
    live.refused();
    site.log_access(&live);
    let mut response = Response::new(Full::new(Bytes::from_static(refused.body.as_bytes())));
    *response.status_mut() = refused.status;
    let headers = response.headers_mut();
    headers.insert(http::header::SERVER, HeaderValue::from_static("envoy"));
    headers.insert(http::header::CONNECTION, HeaderValue::from_static("close"));
    if !refused.body.is_empty() {
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    }
    response
}
