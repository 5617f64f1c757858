//! Header maps: readable and writable while the plugin holds them, read-only in the log phase and in answers.

use crate::abi::{Direction, Map, Status};
use crate::grpc::GrpcNews;
use crate::headers::Headers;
use crate::memory::{Call, Outcome};
use crate::pairs;
use crate::vm::guest::{Answer, Guest, LogView};

/// Bounds of one list, far beyond what any server takes. A gateway has none.
const MOST_HEADERS: usize = 10_000;
const MOST_BYTES: usize = 16 << 20;

pub(super) fn get(call: &mut Call<'_>, map: u32, name: u32, name_size: u32, out: u32, out_size: u32) -> Outcome {
    let name = call.bytes(name, name_size)?;
    let value = readable(call.guest(), map)?.get(&name).ok_or(Status::NotFound)?.to_vec();
    call.give(&value, out, out_size)
}

pub(super) fn add(call: &mut Call<'_>, map: u32, name: u32, name_size: u32, value: u32, size: u32) -> Outcome {
    let (name, value) = (call.bytes(name, name_size)?, call.bytes(value, size)?);
    change(call.guest(), map, |headers| headers.add(&name, &value))?;
    bound(call.guest(), map, &name)
}

pub(super) fn replace(call: &mut Call<'_>, map: u32, name: u32, name_size: u32, value: u32, size: u32) -> Outcome {
    let (name, value) = (call.bytes(name, name_size)?, call.bytes(value, size)?);
    change(call.guest(), map, |headers| headers.set(&name, &value))?;
    bound(call.guest(), map, &name)
}

pub(super) fn remove(call: &mut Call<'_>, map: u32, name: u32, name_size: u32) -> Outcome {
    let name = call.bytes(name, name_size)?;
    change(call.guest(), map, |headers| headers.remove(&name))
}

pub(super) fn get_pairs(call: &mut Call<'_>, map: u32, out: u32, out_size: u32) -> Outcome {
    // Outside its window a list is empty rather than refused: so gateways do it.
    let bytes = match readable(call.guest(), map) {
        Ok(headers) => pairs::encode(headers.iter()),
        Err(_) if Map::from_number(map).is_some() => Vec::new(),
        Err(status) => return Err(status.into()),
    };
    call.give(&bytes, out, out_size)
}

pub(super) fn set_pairs(call: &mut Call<'_>, map: u32, list: u32, size: u32) -> Outcome {
    let list = pairs::decode(&call.bytes(list, size)?);
    change(call.guest(), map, |headers| *headers = list)
}

pub(super) fn size(call: &mut Call<'_>, map: u32, out: u32) -> Outcome {
    let bytes = readable(call.guest(), map)?.bytes();
    call.write_u32(out, u32::try_from(bytes).unwrap_or(u32::MAX))
}

/// Takes back what made a list too large.
fn bound(guest: &mut Guest, map: u32, name: &[u8]) -> Outcome {
    let headers = readable(guest, map)?;
    if headers.len() <= MOST_HEADERS && headers.bytes() <= MOST_BYTES {
        return Ok(());
    }
    change(guest, map, |headers| headers.remove(name))?;
    Err(Status::InternalFailure.into())
}

fn readable(guest: &mut Guest, map: u32) -> Result<&Headers, Status> {
    let map = Map::from_number(map).ok_or(Status::BadArgument)?;
    match (map, &guest.answer) {
        (Map::CallHeaders, Answer::Http(answer)) => return Ok(&answer.headers),
        (Map::CallTrailers, Answer::Http(answer)) => return Ok(&answer.trailers),
        (Map::GrpcHeaders, Answer::Grpc(GrpcNews::Headers(headers))) => return Ok(headers),
        (Map::GrpcTrailers, Answer::Grpc(GrpcNews::Trailers(trailers))) => return Ok(trailers),
        (Map::Headers(_) | Map::Trailers(_), _) => {}
        _ => return Err(Status::BadArgument),
    }
    let stream = guest.streams.get(&guest.effective).ok_or(Status::BadArgument)?;
    if let Some(log) = &stream.log {
        return logged(log, map).ok_or(Status::NotFound);
    }
    match map {
        Map::Headers(Direction::Request) => stream.request.headers(),
        Map::Headers(Direction::Response) => stream.response.headers(),
        Map::Trailers(Direction::Request) => stream.request.trailers(),
        _ => stream.response.trailers(),
    }
    .ok_or(Status::BadArgument)
}

fn logged(log: &LogView, map: Map) -> Option<&Headers> {
    match map {
        Map::Headers(Direction::Request) => log.request_headers.as_ref(),
        Map::Headers(Direction::Response) => log.response_headers.as_ref(),
        Map::Trailers(Direction::Request) => log.request_trailers.as_ref(),
        _ => log.response_trailers.as_ref(),
    }
}

fn change(guest: &mut Guest, map: u32, change: impl FnOnce(&mut Headers)) -> Outcome {
    let map = Map::from_number(map).ok_or(Status::BadArgument)?;
    guest.record_write(map);
    let stream = guest.stream(Status::BadArgument)?;
    if stream.log.is_some() {
        return Err(Status::BadArgument.into());
    }
    let headers = match map {
        Map::Headers(direction) => stream.half(direction).headers_mut(),
        Map::Trailers(direction) => stream.half(direction).trailers_mut(),
        _ => None,
    };
    change(headers.ok_or(Status::BadArgument)?);
    if map == Map::Headers(Direction::Request) && !stream.keep_route {
        stream.exchange.clear_route();
    }
    Ok(())
}
