//! Log lines and the level from which they are wanted.

use std::fmt::Write;

use crate::abi::Status;
use crate::memory::{Call, Outcome};

/// The highest level of the ABI.
const CRITICAL: u32 = 5;
/// The bytes of one text that are kept. A gateway has no bound; here each line is written and kept for the inspector.
const MOST_TEXT: usize = 64 << 10;

pub(super) fn log(call: &mut Call<'_>, level: u32, text: u32, size: u32) -> Outcome {
    if level > CRITICAL {
        return Err(Status::BadArgument.into());
    }
    let (mut text, left_out) = call.text_up_to(text, size, MOST_TEXT)?;
    if left_out > 0 {
        // A `String` takes all that is written to it.
        let _ = write!(text, " [{left_out} bytes more are left out]");
    }
    call.guest().log(level, &text);
    Ok(())
}

pub(super) fn level(call: &mut Call<'_>, out: u32) -> Outcome {
    let level = call.guest().world.log_level();
    call.write_u32(out, level)
}
