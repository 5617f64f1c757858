//! The host's clocks through WASI, without the C library and std's errors, which cost 4 KB of code.

use std::time::Duration;

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn clock_time_get(clock: u32, precision: u64, nanoseconds: *mut u64) -> u16;
}

/// Since 1970, as the host's computer has it; it may jump.
pub(super) const REALTIME: u32 = 0;
/// Since some moment in the past; it only goes on.
pub(super) const MONOTONIC: u32 = 1;

/// The time of a clock; nothing where the host has none.
pub(super) fn read(clock: u32) -> Duration {
    let mut nanoseconds = 0;
    // SAFETY: the host writes one number behind the pointer, to a local that outlives the call.
    let _ = unsafe { clock_time_get(clock, 1, &mut nanoseconds) };
    Duration::from_nanos(nanoseconds)
}
