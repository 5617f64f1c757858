//! Buffers: bodies while the plugin is shown them, configurations, and the answers of calls.

use crate::abi::{Buffer, Direction, Status};
use crate::grpc::GrpcNews;
use crate::memory::{Call, Outcome};
use crate::vm::guest::{Answer, Guest};

pub(super) fn get(call: &mut Call<'_>, buffer: u32, start: u32, length: u32, out: u32, out_size: u32) -> Outcome {
    let bytes = readable(call.guest(), buffer)?;
    let start = (start as usize).min(bytes.len());
    let end = start.saturating_add(length as usize).min(bytes.len());
    let wanted = bytes.get(start..end).unwrap_or_default().to_vec();
    call.give(&wanted, out, out_size)
}

pub(super) fn status(call: &mut Call<'_>, buffer: u32, length: u32, flags: u32) -> Outcome {
    let size = readable(call.guest(), buffer)?.len();
    call.write_u32(length, u32::try_from(size).unwrap_or(u32::MAX))?;
    call.write_u32(flags, 0)
}

/// Start 0 replaces the first `length` bytes, a start at or past the end appends; nothing else is possible.
pub(super) fn set(call: &mut Call<'_>, buffer: u32, start: u32, length: u32, bytes: u32, size: u32) -> Outcome {
    let bytes = call.bytes(bytes, size)?;
    let buffer = Buffer::from_number(buffer).ok_or(Status::BadArgument)?;
    // What does not exist is not found, what exists and is no body cannot be written.
    let Buffer::Body(direction) = buffer else {
        find(call.guest(), buffer)?;
        return Err(Status::BadArgument.into());
    };
    let most = call.guest().limits.memory;
    let body = call.guest().stream(Status::NotFound)?.half(direction).body_mut().ok_or(Status::NotFound)?;
    // What a guest could not hold itself, it cannot have the host hold: a gateway has no such bound.
    if body.len().saturating_add(bytes.len()) > most {
        return Err(Status::InternalFailure.into());
    }
    match start as usize {
        0 => {
            let replaced = (length as usize).min(body.len());
            body.splice(..replaced, bytes);
            Ok(())
        }
        start if start >= body.len() => {
            body.extend(bytes);
            Ok(())
        }
        _ => Err(Status::BadArgument.into()),
    }
}

fn readable(guest: &mut Guest, buffer: u32) -> Result<&[u8], Status> {
    find(guest, Buffer::from_number(buffer).ok_or(Status::BadArgument)?)
}

fn find(guest: &Guest, buffer: Buffer) -> Result<&[u8], Status> {
    let stream = guest.streams.get(&guest.effective);
    match (buffer, &guest.answer) {
        (Buffer::Body(Direction::Request), _) => stream.and_then(|stream| stream.request.body()),
        (Buffer::Body(Direction::Response), _) => stream.and_then(|stream| stream.response.body()),
        (Buffer::VmConfiguration, _) => Some(guest.vm_configuration.as_slice()),
        (Buffer::PluginConfiguration, _) if guest.configuring == Some(guest.effective) => {
            guest.plugin().map(|plugin| plugin.configuration.as_slice())
        }
        (Buffer::CallBody, Answer::Http(answer)) => Some(answer.body.as_slice()),
        (Buffer::GrpcMessage, Answer::Grpc(GrpcNews::Message(message))) => Some(message.as_slice()),
        (Buffer::RedisReply, Answer::Redis(reply)) => Some(reply.as_slice()),
        _ => None,
    }
    .ok_or(Status::NotFound)
}
