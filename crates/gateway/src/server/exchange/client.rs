//! The client's side of an exchange: its request as a service call, its response with a body that drives the rest.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use hyper::body::{Body, Frame};

use super::drive::{Broken, Driver};
use super::tunnel;
use crate::headers::Headers;
use crate::server::{BoxError, fields, hop};
use crate::worker::Message;

/// What the client gets, as far as the plugins have let it go.
#[derive(Default)]
pub(super) struct ToClient {
    head: Option<(Headers, bool)>,
    frames: VecDeque<Frame<Bytes>>,
    whole: bool,
}

/// The body of a response. It drives its exchange while it is read, and ends it when it is dropped.
pub(in crate::server) struct ReplyBody {
    driver: Option<Driver>,
    rest: VecDeque<Frame<Bytes>>,
}

impl ToClient {
    /// The client's connection wants more.
    pub(super) fn is_taken(&self) -> bool {
        self.frames.is_empty()
    }

    /// Notes that nothing follows.
    pub(super) fn end_if(&mut self, end: bool) {
        self.whole |= end;
    }

    /// Nothing of the response is missing any more.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }
}

impl Driver {
    pub(super) fn reply(&mut self, message: Message) {
        let mut record = self.live.record.borrow_mut();
        match message {
            Message::Headers { headers, end } => {
                record.response = Some(headers.clone());
                self.client.head = Some((headers, end));
                self.client.whole = end;
            }
            Message::Data { bytes, end } => {
                record.sent += bytes.len() as u64;
                if !bytes.is_empty() {
                    self.client.frames.push_back(Frame::data(bytes.into()));
                }
                self.client.whole = end;
            }
            Message::Trailers(trailers) => {
                self.client.frames.push_back(Frame::trailers(fields::to_map(&trailers)));
                record.response_trailers = Some(trailers);
                self.client.whole = true;
            }
        }
    }
}

/// Drives an exchange until the head of its response is there.
///
/// # Errors
/// When there will be no response.
pub(in crate::server) async fn serve(mut driver: Driver) -> Result<Response<ReplyBody>, Broken> {
    let (headers, end) = poll_fn(|cx| {
        let outcome = driver.poll(cx);
        match driver.client.head.take() {
            Some(head) => Poll::Ready(Ok(head)),
            None => match ready!(outcome) {
                Ok(()) => Poll::Ready(Err(Broken)),
                Err(broken) => Poll::Ready(Err(broken)),
            },
        }
    })
    .await?;
    if let Some((client, upstream)) = driver.take_upgrade() {
        tokio::task::spawn_local(tunnel::run(driver, client, upstream));
        let body = ReplyBody { driver: None, rest: VecDeque::new() };
        return Ok(head(&headers, true, true)?.map(|()| body));
    }
    let to_head = driver.live.record.borrow().request.get(b":method") == Some(b"HEAD");
    let head = head(&headers, end, to_head).inspect_err(|_| driver.broken = true)?;
    let mut body = ReplyBody { driver: Some(driver), rest: VecDeque::new() };
    body.end_if_whole();
    Ok(head.map(|()| body))
}

fn head(headers: &Headers, end: bool, to_head: bool) -> Result<Response<()>, Broken> {
    let status = headers.get(b":status").and_then(|it| StatusCode::from_bytes(it).ok()).ok_or(Broken)?;
    let mut map: HeaderMap = fields::to_map(headers);
    hop::strip_response(&mut map, status);
    map.insert(http::header::SERVER, HeaderValue::from_static("envoy"));
    if end && !to_head && status != StatusCode::NOT_MODIFIED {
        // A length that nothing follows would leave the client waiting.
        map.remove(http::header::CONTENT_LENGTH);
    }
    let mut head = Response::new(());
    *head.status_mut() = status;
    *head.headers_mut() = map;
    Ok(head)
}

impl ReplyBody {
    fn end_if_whole(&mut self) {
        if let Some(driver) = self.driver.as_mut().filter(|driver| driver.client.whole) {
            self.rest = std::mem::take(&mut driver.client.frames);
            driver.drain_request();
            self.driver = None;
        }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            let Some(driver) = &mut self.driver else { return Poll::Ready(self.rest.pop_front().map(Ok)) };
            if let Some(frame) = driver.client.frames.pop_front() {
                return Poll::Ready(Some(Ok(frame)));
            }
            match driver.poll(cx) {
                Poll::Ready(Ok(())) => self.end_if_whole(),
                Poll::Ready(Err(broken)) => {
                    self.driver = None;
                    return Poll::Ready(Some(Err(Box::new(broken))));
                }
                Poll::Pending if driver.client.frames.is_empty() => return Poll::Pending,
                Poll::Pending => {}
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.driver.is_none() && self.rest.is_empty()
    }
}
