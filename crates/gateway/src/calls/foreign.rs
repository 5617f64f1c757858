//! Foreign functions: calls by name, outside the ABI.

use crate::abi::Status;
use crate::memory::{Call, Outcome};

pub(super) fn call(
    call: &mut Call<'_>,
    name: u32,
    name_size: u32,
    argument: u32,
    argument_size: u32,
    out: u32,
    out_size: u32,
) -> Outcome {
    let name = call.bytes(name, name_size)?;
    call.bytes(argument, argument_size)?;
    match name.as_slice() {
        b"get_log_level" => {
            let level = call.guest().world.log_level();
            call.give(&level.to_le_bytes(), out, out_size)
        }
        _ => Err(Status::NotFound.into()),
    }
}
