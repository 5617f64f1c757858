//! Calls that steer an exchange: go on, close, answer. All of them act after the callback has returned.

use crate::abi::{Direction, Status};
use crate::memory::{Call, Outcome};
use crate::pairs;
use crate::stream::LocalReply;
use crate::vm::guest::{Deferred, Life};

pub(super) fn set_effective_context(call: &mut Call<'_>, context: u32) -> Outcome {
    let guest = call.guest();
    if !guest.knows(context) {
        return Err(Status::BadArgument.into());
    }
    guest.effective = context;
    guest.record_visit(context);
    Ok(())
}

pub(super) fn continue_stream(call: &mut Call<'_>, which: u32) -> Outcome {
    let direction = http_direction(which)?;
    let guest = call.guest();
    let context = guest.effective;
    if let Ok(stream) = guest.stream(Status::NotFound) {
        // Resuming either way ends what the plugin may see of the request.
        stream.request.close_windows();
        guest.record_ask(if direction == Direction::Request { "resume request" } else { "resume response" });
        guest.defer(Deferred::Resume(context, direction))?;
    }
    Ok(())
}

pub(super) fn close_stream(call: &mut Call<'_>, which: u32) -> Outcome {
    http_direction(which)?;
    let guest = call.guest();
    let context = guest.effective;
    if guest.streams.contains_key(&context) {
        guest.record_ask("close");
        guest.defer(Deferred::Close(context))?;
    }
    Ok(())
}

/// Downstream and upstream are for TCP filters, which this host does not run.
fn http_direction(number: u32) -> Result<Direction, Status> {
    match number {
        0 => Ok(Direction::Request),
        1 => Ok(Direction::Response),
        2 | 3 => Err(Status::Unimplemented),
        _ => Err(Status::BadArgument),
    }
}

/// The first answer wins; a later one is dropped with a good status.
#[allow(clippy::too_many_arguments, reason = "the ABI gives the call these arguments")]
pub(super) fn send_local_response(
    call: &mut Call<'_>,
    status: u32,
    details: u32,
    details_size: u32,
    body: u32,
    body_size: u32,
    headers: u32,
    headers_size: u32,
    grpc_status: i32,
) -> Outcome {
    let details = call.text(details, details_size)?.replace(char::is_whitespace, "_");
    let body = call.bytes(body, body_size)?;
    let headers = pairs::decode(&call.bytes(headers, headers_size)?);
    let reply = LocalReply { status, details, headers, body, grpc_status: (grpc_status >= 0).then_some(grpc_status) };
    let guest = call.guest();
    let context = guest.effective;
    if let Ok(stream) = guest.stream(Status::NotFound)
        && !std::mem::replace(&mut stream.replied, true)
    {
        stream.reply_pending = true;
        guest.record_ask("reply");
        guest.defer(Deferred::Reply(context, reply))?;
    }
    Ok(())
}

/// Ends the wait that a `false` from `proxy_on_done` began; without one there is nothing to end.
pub(super) fn done(call: &mut Call<'_>) -> Outcome {
    let guest = call.guest();
    let context = guest.effective;
    if guest.ending.remove(&context) {
        return Ok(guest.defer(Deferred::Done(context))?);
    }
    let stream = guest.stream(Status::NotFound)?;
    if stream.life != Life::Awaited {
        return Err(Status::NotFound.into());
    }
    stream.life = Life::Done;
    Ok(guest.defer(Deferred::Done(context))?)
}
