//! Properties: facts about the plugin and the exchange, and Higress's settings that are written like properties.

use crate::abi::{Direction, Status};
use crate::attribute::Attribute;
use crate::exchange::Held;
use crate::memory::{Call, Outcome};
use crate::state::key_of_property;
use crate::vm::guest::Guest;

/// Properties under this prefix become tags of the trace span and cannot be read back.
const SPAN_TAG: &[u8] = b"trace_span_tag.";

pub(super) fn get(call: &mut Call<'_>, path: u32, path_size: u32, out: u32, out_size: u32) -> Outcome {
    let path = call.bytes(path, path_size)?;
    if path == b"plugin_vm_memory" {
        let bytes = call.memory_size().to_le_bytes();
        return call.give(&bytes, out, out_size);
    }
    let guest = call.guest();
    let value = match path.as_slice() {
        b"" => Attribute::Group,
        path => find(guest, guest.effective, &split(path)).ok_or(Status::NotFound)?,
    };
    let bytes = value.encode().ok_or(Status::SerializationFailure)?;
    call.give(&bytes, out, out_size)
}

/// A fact about the plugin of a context or about its exchange.
pub(super) fn find(guest: &Guest, context: u32, parts: &[&[u8]]) -> Option<Attribute> {
    of_plugin(guest, context, parts).or_else(|| {
        let stream = guest.streams.get(&context)?;
        stream.exchange.property(parts, stream.held())
    })
}

/// Parts end with a NUL; the last one may leave it out.
fn split(path: &[u8]) -> Vec<&[u8]> {
    let path = path.strip_suffix(b"\0").unwrap_or(path);
    path.split(|byte| *byte == 0).collect()
}

fn of_plugin(guest: &Guest, context: u32, parts: &[&[u8]]) -> Option<Attribute> {
    let plugin = guest.roots.get(&guest.root_of(context))?;
    let value = match parts {
        [b"plugin_name"] => &plugin.name,
        [b"plugin_root_id"] => &plugin.root_id,
        [b"plugin_vm_id"] => &guest.vm_id,
        _ => return None,
    };
    Some(value.clone().into())
}

pub(super) fn set(call: &mut Call<'_>, path: u32, path_size: u32, value: u32, size: u32) -> Outcome {
    let (path, value) = (call.bytes(path, path_size)?, call.bytes(value, size)?);
    let stream = call.guest().stream(Status::NotFound)?;
    if path.starts_with(SPAN_TAG) {
        // Nothing is traced here, so nobody could read a tag.
        return Ok(());
    }
    match path.as_slice() {
        b"wasm_need_rebuild" => call.guest().rebuild = value == b"true",
        b"clear_route_cache" => stream.keep_route = value == b"off",
        b"set_decoder_buffer_limit" => set_limit(call.guest(), Direction::Request, &value)?,
        b"set_encoder_buffer_limit" => set_limit(call.guest(), Direction::Response, &value)?,
        _ => {
            let exchange = stream.exchange.clone();
            let guest = call.guest();
            let declared = guest.declared.get(&(guest.root(), path.clone())).copied().unwrap_or_default();
            let key = key_of_property(&path);
            if declared.once && exchange.property(&[b"filter_state", &key], Held::default()).is_some() {
                return Err(Status::BadArgument.into());
            }
            let value = if declared.text { Attribute::Text(value) } else { Attribute::Bytes(value) };
            exchange.set_state(&key, value, declared.span)?;
        }
    }
    Ok(())
}

/// A value that is no number is told in the log and otherwise left alone, with a good status: so Higress does it.
fn set_limit(guest: &mut Guest, direction: Direction, value: &[u8]) -> Result<(), Status> {
    let number = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
    match number {
        Some(bytes) => guest.stream(Status::NotFound)?.exchange.set_buffer_limit(direction, bytes),
        None => guest.log(
            5,
            &format!(
                "a buffer limit is written as a decimal number up to {}, not {:?}; the limit stays as it was",
                u32::MAX,
                String::from_utf8_lossy(value)
            ),
        ),
    }
    Ok(())
}
