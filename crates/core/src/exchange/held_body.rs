//! A body read while its headers wait, and how a gateway that cannot do it is found out instead of waited for.
//!
//! Higress obeys `StopIteration` of ABI 0.2.100. Stock Envoy does so with `allow_on_headers_stop_iteration: true`;
//! without it the body stays behind the headers for ever. No host call tells, so until a first body has come while
//! headers were held, the wait looks from time to time whether bytes arrived that the gateway did not hand over.

use super::Exchange;
use super::wait;
use crate::error::{Error, ErrorKind, Result};
use crate::host::Direction;
use crate::time::sleep;
use crate::{property, uses};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// How often to look, and how long to wait in all while nothing is known and nothing arrives.
const LOOK: Duration = Duration::from_millis(250);
const REQUEST_LOOKS: u32 = 240;
const RESPONSE_LOOKS: u32 = 60;

/// The whole body of a message whose headers are held.
pub(crate) async fn collect(exchange: &Rc<Exchange>, direction: Direction, limit: usize) -> Result<Vec<u8>> {
    uses::body_before_headers();
    let side = exchange.side(direction);
    if side.ended.get() && side.size.get() == 0 {
        return Ok(Vec::new());
    }
    let announced = crate::headers::Headers::new(side.headers_map()).get("content-length");
    let announced = announced.and_then(|value| value.to_str()?.parse::<usize>().ok());
    if let Some(size) = announced.filter(|size| *size > limit) {
        return Err(wait::too_large(direction, limit, size));
    }
    let mut body = pin!(wait::whole(exchange, direction, limit));
    let known = &exchange.root.delivers_held_bodies;
    if known.get() || property::is_higress() {
        return body.await;
    }
    let mut refusal = pin!(not_delivered(direction));
    poll_fn(|cx| match body.as_mut().poll(cx) {
        Poll::Ready(body) => Poll::Ready(body),
        Poll::Pending if known.get() => Poll::Pending,
        Poll::Pending => refusal.as_mut().poll(cx).map(Err),
    })
    .await
}

/// Ends when it is clear that the gateway keeps the body back.
async fn not_delivered(direction: Direction) -> Error {
    let before = property::request_size();
    let looks = match direction {
        Direction::Request => REQUEST_LOOKS,
        Direction::Response => RESPONSE_LOOKS,
    };
    for _ in 0..looks {
        sleep(LOOK).await;
        if direction == Direction::Request && property::request_size() > before {
            break;
        }
    }
    Error::new(
        ErrorKind::NoBody,
        "the gateway keeps the body back while the plugin holds the headers: \
         on Envoy set `allow_on_headers_stop_iteration: true` beside the filter's `vm_config`; on Higress build the \
         plugin with `const ABI: Abi = Abi::V0_2_100`",
    )
}
