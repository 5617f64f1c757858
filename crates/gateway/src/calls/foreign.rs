//! Foreign functions: calls by name, outside the ABI.

use std::io::Read;

use flate2::Compression;
use flate2::read::{ZlibDecoder, ZlibEncoder};

use super::{declare, expressions, filter_state, signatures};
use crate::abi::Status;
use crate::memory::{Call, Outcome};
use crate::vm::guest::Guest;

const WARN: u32 = 3;
/// Names that are told in the log, each once; a guest may make up any number of them.
const MOST_TOLD: usize = 64;

pub(super) fn call(
    call: &mut Call<'_>,
    name: u32,
    name_size: u32,
    argument: u32,
    argument_size: u32,
    out: u32,
    out_size: u32,
) -> Outcome {
    let name = call.text(name, name_size)?;
    let argument = call.bytes(argument, argument_size)?;
    let guest = call.guest();
    let result = match name.as_str() {
        "get_log_level" => guest.world.log_level().to_le_bytes().to_vec(),
        "compress" => all(ZlibEncoder::new(argument.as_slice(), Compression::default()), guest.limits.memory)?,
        "uncompress" => all(ZlibDecoder::new(argument.as_slice()), guest.limits.memory)?,
        "clear_route_cache" => {
            if let Ok(stream) = guest.stream(Status::NotFound) {
                stream.exchange.clear_route();
            }
            Vec::new()
        }
        "declare_property" => {
            declare::declare(guest, &argument)?;
            Vec::new()
        }
        "expr_create" => expressions::create(guest, &argument)?,
        "expr_evaluate" => expressions::evaluate(guest, &argument)?,
        "expr_delete" => {
            expressions::delete(guest, &argument)?;
            Vec::new()
        }
        "sign" => signatures::sign(&argument)?,
        "verify_signature" => signatures::verify(&argument)?,
        "set_envoy_filter_state" => {
            filter_state::set(guest, &argument)?;
            Vec::new()
        }
        // How much is read at once shows in nothing that a plugin sees.
        "set_global_max_requests_per_io_cycle" => Vec::new(),
        _ => {
            tell(guest, name);
            return Err(Status::NotFound.into());
        }
    };
    call.give(&result, out, out_size)
}

/// No more than the guest could hold, though a few bytes may stand for any number of them.
fn all(from: impl Read, most: usize) -> Result<Vec<u8>, Status> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    match from.take(limit.saturating_add(1)).read_to_end(&mut bytes) {
        Ok(size) if size <= most => Ok(bytes),
        _ => Err(Status::SerializationFailure),
    }
}

/// Characters of a name that are shown.
const MOST_SHOWN: usize = 100;

/// Says once of each plugin what it asked for in vain: the plugin itself sees no more than a number.
fn tell(guest: &mut Guest, mut name: String) {
    name = name.chars().take(MOST_SHOWN).collect();
    let told = (guest.root(), name);
    if guest.told.len() >= MOST_TOLD || guest.told.contains(&told) {
        return;
    }
    guest.log(
        WARN,
        &format!(
            "there is no foreign function {:?} here, the plugin gets status 1: neither Envoy nor Higress is known to \
             have it; compare the spelling",
            told.1
        ),
    );
    guest.told.insert(told);
}
