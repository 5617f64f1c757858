//! Futures that wait for the exchange itself: the response, a body, the next chunk, the trailers.

use super::Exchange;
use super::side::{Demand, Side, Stage};
use crate::error::{Error, ErrorKind, Result};
use crate::host::{Direction, Host, host};
use crate::uses;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// Waits until `ready` has a value. No waker is kept: the exchange is polled for each of its own events anyway. The
/// demand, which tells the verdict what to let through meanwhile, goes with the future.
struct Wait<'a, F> {
    side: &'a Side,
    demand: Demand,
    ready: F,
}

impl<T, F: Fn(&Side) -> Option<T> + Unpin> Future for Wait<'_, F> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        match (self.ready)(self.side) {
            Some(value) => {
                self.side.demand.set(Demand::Nothing);
                Poll::Ready(value)
            }
            None => {
                self.side.demand.set(self.demand);
                Poll::Pending
            }
        }
    }
}

impl<F> Drop for Wait<'_, F> {
    fn drop(&mut self) {
        self.side.demand.set(Demand::Nothing);
    }
}

/// The response's headers, once the request is out of the plugin's hands.
pub(crate) async fn response(exchange: &Rc<Exchange>) {
    uses::response_headers();
    exchange.side(Direction::Request).pass();
    let side = exchange.side(Direction::Response);
    Wait { side, demand: Demand::Headers, ready: |side: &Side| side.shown.get().then_some(()) }.await;
    side.stage.set(Stage::Headers);
}

/// A request's body may never end: the upstream has answered without waiting for the rest.
fn cut_short(exchange: &Exchange, side: &Side) -> bool {
    side.direction == Direction::Request && exchange.side(Direction::Response).shown.get() && !side.ended.get()
}

/// The whole body, held until the plugin lets it go. Fails as soon as it is known to be larger than `limit` bytes.
pub(crate) async fn whole(exchange: &Rc<Exchange>, direction: Direction, limit: usize) -> Result<Vec<u8>> {
    let side = exchange.side(direction);
    let ready = |side: &Side| {
        let size = side.size.get();
        if size > limit {
            return Some(Err(too_large(direction, limit, size)));
        }
        if cut_short(exchange, side) {
            return Some(Err(Error::new(
                ErrorKind::Closed,
                "the upstream answered before the request body was complete",
            )));
        }
        side.ended.get().then_some(Ok(size))
    };
    let size = Wait { side, demand: Demand::Whole, ready }.await?;
    read(side, 0, size)
}

/// The bounds of the next bytes of the body in the host's buffer; `None` at its end.
pub(crate) async fn chunk(exchange: &Rc<Exchange>, direction: Direction) -> Option<(usize, usize)> {
    let ready = |side: &Side| {
        let (taken, size) = (side.taken.get(), side.size.get());
        if size > taken {
            side.taken.set(size);
            return Some(Some((taken, size)));
        }
        (side.ended.get() || cut_short(exchange, side)).then_some(None)
    };
    Wait { side: exchange.side(direction), demand: Demand::Chunk, ready }.await
}

/// Whether trailers came; what is left of the body passes meanwhile.
pub(crate) async fn trailers(exchange: &Rc<Exchange>, direction: Direction) -> bool {
    let ready = |side: &Side| (side.ended.get() || cut_short(exchange, side)).then(|| side.trailers.get());
    Wait { side: exchange.side(direction), demand: Demand::Trailers, ready }.await
}

/// Bytes `from..to` of what the host holds.
pub(crate) fn read(side: &Side, from: usize, to: usize) -> Result<Vec<u8>> {
    match to.saturating_sub(from) {
        0 => Ok(Vec::new()),
        length => host()
            .buffer(side.buffer(), from, length)
            .map_err(|status| Error::new(ErrorKind::Host, format!("read {length} bytes of a body: {status}"))),
    }
}

pub(crate) fn too_large(direction: Direction, limit: usize, size: usize) -> Error {
    let (kind, whose) = match direction {
        Direction::Request => (ErrorKind::TooLarge, "request"),
        Direction::Response => (ErrorKind::ResponseTooLarge, "response"),
    };
    Error::new(kind, format!("the {whose} body has at least {size} bytes, the plugin takes {limit}"))
}
