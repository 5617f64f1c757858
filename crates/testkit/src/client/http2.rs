//! The client's HTTP/2 in clear text: one request over a connection of its own, trailers included.

use bytes::Bytes;
use h2::SendStream;
use h2::client::ResponseFuture;

use super::{Incomplete, Reply, Request};
use crate::body::Piece;
use crate::broken::Broken;
use crate::headers::Headers;

pub(super) fn send(request: &Request) -> Result<Reply, Incomplete> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime of one thread");
    // Kept outside of the future, so that what had arrived outlives a deadline.
    let mut partial = None;
    let exchange = exchange(request, &mut partial);
    let result = runtime.block_on(async { tokio::time::timeout(request.patience, exchange).await });
    match result.unwrap_or(Err(Broken::Deadline)) {
        Ok(()) => Ok(partial.unwrap_or_default()),
        Err(cause) => Err(Incomplete { cause, partial }),
    }
}

async fn exchange(request: &Request, reply: &mut Option<Reply>) -> Result<(), Broken> {
    let stream = tokio::net::TcpStream::connect(request.address).await?;
    let (mut sender, connection) = h2::client::handshake(stream).await.map_err(broken)?;
    tokio::spawn(connection);
    let bodiless = request.body.pieces.is_empty() && request.trailers.is_empty();
    sender = sender.ready().await.map_err(broken)?;
    let (response, outgoing) = sender.send_request(head(request), bodiless).map_err(broken)?;
    if !bodiless {
        // A server may refuse before it has read the body: the reply then says more than this error.
        let _ = upload(request, outgoing).await;
    }
    receive(response, reply).await
}

async fn upload(request: &Request, mut outgoing: SendStream<Bytes>) -> Result<(), h2::Error> {
    for piece in &request.body.pieces {
        match piece {
            Piece::Data(data) => outgoing.send_data(Bytes::copy_from_slice(data), false)?,
            Piece::Pause(time) => tokio::time::sleep(*time).await,
        }
    }
    if request.trailers.is_empty() {
        outgoing.send_data(Bytes::new(), true)
    } else {
        outgoing.send_trailers(to_header_map(&request.trailers))
    }
}

async fn receive(response: ResponseFuture, reply: &mut Option<Reply>) -> Result<(), Broken> {
    let (parts, mut incoming) = response.await.map_err(broken)?.into_parts();
    let reply = reply.insert(Reply { status: parts.status.as_u16(), ..Reply::default() });
    from_header_map(&parts.headers, &mut reply.headers);
    while let Some(data) = incoming.data().await {
        let data = data.map_err(broken)?;
        reply.body.extend_from_slice(&data);
        incoming.flow_control().release_capacity(data.len()).map_err(broken)?;
    }
    if let Some(trailers) = incoming.trailers().await.map_err(broken)? {
        from_header_map(&trailers, &mut reply.trailers);
    }
    Ok(())
}

fn head(request: &Request) -> http::Request<()> {
    let authority = request.headers.text("host").map_or_else(|| request.address.to_string(), ToOwned::to_owned);
    let mut head = http::Request::builder()
        .method(request.method.as_str())
        .uri(format!("http://{authority}{}", request.path))
        .body(())
        .unwrap_or_else(|error| panic!("{} {} is no HTTP/2 request: {error}", request.method, request.path));
    *head.headers_mut() = to_header_map(&request.headers);
    head.headers_mut().remove("host");
    head
}

fn broken(error: h2::Error) -> Broken {
    if error.is_io() {
        return error.into_io().map_or(Broken::Closed, Broken::from);
    }
    if error.is_reset() || error.is_go_away() { Broken::Reset } else { Broken::Malformed(error.to_string()) }
}

/// Fields in the form that `h2` wants.
pub(crate) fn to_header_map(headers: &Headers) -> http::HeaderMap {
    let mut map = http::HeaderMap::new();
    for (name, value) in headers.iter() {
        let key = http::HeaderName::from_bytes(name)
            .unwrap_or_else(|_| panic!("{} is no header name of HTTP/2", name.escape_ascii()));
        let value = http::HeaderValue::from_bytes(value)
            .unwrap_or_else(|_| panic!("{} is no header value of HTTP/2", value.escape_ascii()));
        map.append(key, value);
    }
    map
}

/// Appends the fields of `map`. Repeated names come together, others in no promised order.
pub(crate) fn from_header_map(map: &http::HeaderMap, headers: &mut Headers) {
    for (name, value) in map {
        headers.add(name.as_str(), value.as_bytes());
    }
}
