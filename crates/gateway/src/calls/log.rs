//! Log lines and the level from which they are wanted.

use crate::abi::Status;
use crate::memory::{Call, Outcome};

/// The highest level of the ABI.
const CRITICAL: u32 = 5;

pub(super) fn log(call: &mut Call<'_>, level: u32, text: u32, size: u32) -> Outcome {
    if level > CRITICAL {
        return Err(Status::BadArgument.into());
    }
    let text = call.text(text, size)?;
    call.guest().log(level, &text);
    Ok(())
}

pub(super) fn level(call: &mut Call<'_>, out: u32) -> Outcome {
    let level = call.guest().world.log_level();
    call.write_u32(out, level)
}
