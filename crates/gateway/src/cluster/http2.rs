//! HTTP/2 with prior knowledge to a host: one connection for all requests.

use std::rc::Rc;

use http::header::HOST;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper::rt::Executor;
use hyper_util::rt::TokioIo;

use super::connect::connect;
use super::host::Host;
use super::{RequestBody, UpstreamError};
use crate::bootstrap::Cluster as Settings;

/// What a request goes to when nobody said.
const NO_AUTHORITY: &str = "localhost";

pub(super) async fn request(
    host: &Rc<Host>,
    settings: &Settings,
    request: Request<RequestBody>,
) -> Result<Response<Incoming>, UpstreamError> {
    let mut request = in_absolute_form(request);
    let _active = host.begin();
    loop {
        let (mut sender, used_before) = sender(host, settings).await?;
        match sender.try_send_request(request).await {
            Ok(response) => return Ok(response),
            Err(mut error) => match error.take_message() {
                Some(unsent) if used_before => {
                    request = unsent;
                    host.http2.lock().await.take_if(|known| known.is_closed());
                }
                _ => return Err(reason(&error.into_error(), &sender)),
            },
        }
    }
}

/// The connection of the host, made when there is none; the second value tells that it was there before.
///
/// Who waits for a connection that someone else makes fails with it, rather than trying again one after the other.
async fn sender(host: &Host, settings: &Settings) -> Result<(SendRequest<RequestBody>, bool), UpstreamError> {
    let failures = host.http2_failures.borrow().0;
    let mut known = host.http2.lock().await;
    if let (now, Some(error)) = &*host.http2_failures.borrow()
        && *now != failures
    {
        return Err(error.clone());
    }
    if let Some(mut sender) = known.clone().filter(|sender| !sender.is_closed())
        && sender.ready().await.is_ok()
    {
        return Ok((sender, true));
    }
    let sender = made(host, settings).await.inspect_err(|error| {
        let mut failures = host.http2_failures.borrow_mut();
        *failures = (failures.0 + 1, Some(error.clone()));
    })?;
    *known = Some(sender.clone());
    Ok((sender, false))
}

async fn made(host: &Host, settings: &Settings) -> Result<SendRequest<RequestBody>, UpstreamError> {
    let stream = connect(host.address(), settings.connect_timeout).await?;
    let mut builder = Builder::new(ThisThread);
    if let Some(kib) = settings.max_response_headers_kb {
        builder.max_header_list_size(kib.saturating_mul(1024));
    }
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(|_| UpstreamError::Reset)?;
    tokio::task::spawn_local(connection);
    Ok(sender)
}

/// HTTP/2 has the authority in the URI.
fn in_absolute_form(mut request: Request<RequestBody>) -> Request<RequestBody> {
    let host = request.headers_mut().remove(HOST);
    let mut parts = request.uri().clone().into_parts();
    parts.scheme = parts.scheme.or(Some(Scheme::HTTP));
    parts.authority = parts
        .authority
        .or_else(|| host.and_then(|host| Authority::try_from(host.as_bytes()).ok()))
        .or(Some(Authority::from_static(NO_AUTHORITY)));
    parts.path_and_query = parts.path_and_query.or(Some(PathAndQuery::from_static("/")));
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    *request.version_mut() = http::Version::HTTP_2;
    request
}

fn reason(error: &hyper::Error, sender: &SendRequest<RequestBody>) -> UpstreamError {
    if error.is_user() {
        UpstreamError::RequestBody
    } else if sender.is_closed() || error.is_canceled() || error.is_closed() {
        UpstreamError::Reset
    } else {
        UpstreamError::StreamReset
    }
}

/// Runs the connection's tasks where the request was made.
#[derive(Clone, Copy, Debug)]
struct ThisThread;

impl<F: Future + 'static> Executor<F> for ThisThread {
    fn execute(&self, task: F) {
        tokio::task::spawn_local(async move {
            task.await;
        });
    }
}
