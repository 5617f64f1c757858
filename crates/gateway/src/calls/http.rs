//! HTTP calls to clusters.

use std::time::Duration;

use super::redis::refused;
use crate::abi::Status;
use crate::grpc::GrpcNews;
use crate::memory::{Call, Outcome};
use crate::pairs;
use crate::trace::Service;
use crate::vm::guest::Answer;
use crate::world::HttpCall;

/// Kinds of calls share the space of tokens by their two lowest bits; HTTP has 0.
const STEP: u32 = 4;
/// The code that a reset call shows.
const RESET: u32 = 11;

#[allow(clippy::too_many_arguments, reason = "the ABI gives the call these arguments")]
pub(super) fn call(
    call: &mut Call<'_>,
    cluster: u32,
    cluster_size: u32,
    headers: u32,
    headers_size: u32,
    body: u32,
    body_size: u32,
    trailers: u32,
    trailers_size: u32,
    timeout: i32,
    out: u32,
) -> Outcome {
    let request = HttpCall {
        cluster: call.text(cluster, cluster_size)?,
        headers: pairs::decode(&call.bytes(headers, headers_size)?),
        body: call.bytes(body, body_size)?,
        trailers: pairs::decode(&call.bytes(trailers, trailers_size)?),
        timeout: match u64::try_from(timeout).map_err(|_| Status::BadArgument)? {
            0 => None,
            milliseconds => Some(Duration::from_millis(milliseconds)),
        },
    };
    let has = |name: &[u8]| request.headers.get(name).is_some();
    if !has(b":method") || !has(b":path") || !(has(b":authority") || has(b"host")) {
        return Err(Status::BadArgument.into());
    }
    // The place for the token is tried before anything is sent.
    call.write_u32(out, 0)?;
    let guest = call.guest();
    let (root, token) = (guest.root(), guest.last_http_call.wrapping_add(STEP));
    let record = guest.record_call(&Service::Http(&request));
    guest.world.http_call(token, request).map_err(|why| refused(why, record.as_ref()))?;
    guest.running.started(token, record);
    guest.last_http_call = token;
    guest.http_calls.insert(token, root);
    call.write_u32(out, token)
}

/// How the call whose end is being shown ended: 0, 11 for a reset, of gRPC its own status and message.
pub(super) fn get_status(call: &mut Call<'_>, code: u32, out: u32, out_size: u32) -> Outcome {
    let (number, text) = match &call.guest().answer {
        Answer::HttpReset => (RESET, "reset".to_owned()),
        Answer::Grpc(GrpcNews::Closed { status, message }) => (*status, message.clone()),
        _ => (0, String::new()),
    };
    call.write_u32(code, number)?;
    call.give(text.as_bytes(), out, out_size)
}
