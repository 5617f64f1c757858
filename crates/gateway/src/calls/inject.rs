//! Higress's way to send response bytes on from any callback, past what the plugin holds.

use crate::memory::{Call, Outcome};
use crate::vm::guest::Deferred;

/// A good status even where it can do nothing: so Higress does it.
pub(super) fn inject(call: &mut Call<'_>, body: u32, size: u32, end: u32) -> Outcome {
    let bytes = call.bytes(body, size)?;
    let guest = call.guest();
    let context = guest.effective;
    if guest.streams.contains_key(&context) {
        guest.defer(Deferred::Inject(context, bytes, end != 0))?;
    }
    Ok(())
}
