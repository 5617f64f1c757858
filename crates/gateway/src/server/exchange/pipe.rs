//! The request's body on its way to the upstream: what plugins let go of, until the connection takes it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Frame};

use super::super::BoxError;

/// The end into which an exchange writes. When it is dropped before the end was written, the body breaks.
pub(in crate::server) struct Writer(Arc<Mutex<State>>);

struct Reader(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    queue: VecDeque<Frame<Bytes>>,
    ended: bool,
    writer_gone: bool,
    reader_gone: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// A body that is written piece by piece.
pub(in crate::server) fn pipe() -> (Writer, BoxBody<Bytes, BoxError>) {
    let state = Arc::default();
    (Writer(Arc::clone(&state)), Reader(state).boxed())
}

/// No body at all.
pub(in crate::server) fn empty() -> BoxBody<Bytes, BoxError> {
    Empty::new().map_err(|never| match never {}).boxed()
}

impl Writer {
    /// Ready when all that was written is taken, so that no more than one piece waits.
    pub(in crate::server) fn poll_taken(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = locked(&self.0);
        if state.queue.is_empty() || state.reader_gone {
            return Poll::Ready(());
        }
        state.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    pub(in crate::server) fn data(&self, bytes: Vec<u8>, end: bool) {
        let frame = (!bytes.is_empty()).then(|| Frame::data(Bytes::from(bytes)));
        self.put(frame, end);
    }

    pub(in crate::server) fn trailers(&self, trailers: HeaderMap) {
        self.put(Some(Frame::trailers(trailers)), true);
    }

    fn put(&self, frame: Option<Frame<Bytes>>, end: bool) {
        let mut state = locked(&self.0);
        if !state.reader_gone {
            state.queue.extend(frame);
        }
        state.ended |= end;
        wake(state.reader.take());
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let mut state = locked(&self.0);
        state.writer_gone = true;
        wake(state.reader.take());
    }
}

impl Body for Reader {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut state = locked(&self.0);
        if let Some(frame) = state.queue.pop_front() {
            wake(state.writer.take());
            return Poll::Ready(Some(Ok(frame)));
        }
        if state.ended {
            return Poll::Ready(None);
        }
        if state.writer_gone {
            return Poll::Ready(Some(Err("the exchange ended before its request did".into())));
        }
        state.reader = Some(cx.waker().clone());
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        let state = locked(&self.0);
        state.ended && state.queue.is_empty()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = locked(&self.0);
        state.reader_gone = true;
        state.queue.clear();
        wake(state.writer.take());
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// A panic elsewhere leaves a queue that is still whole, so the lock is taken all the same.
fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
