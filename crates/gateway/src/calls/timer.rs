//! The tick of the root context, and the time.

use std::time::{Duration, SystemTime};

use crate::memory::{Call, Outcome};

pub(super) fn set_tick(call: &mut Call<'_>, period: u32) -> Outcome {
    let guest = call.guest();
    let period = (period > 0).then(|| Duration::from_millis(period.into()));
    guest.world.set_tick(guest.root(), period);
    Ok(())
}

pub(super) fn now(call: &mut Call<'_>, out: u32) -> Outcome {
    let now = since_epoch(call.guest().world.now());
    call.write_u64(out, now)
}

/// Nanoseconds since 1970.
pub(super) fn since_epoch(time: SystemTime) -> u64 {
    nanoseconds(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

pub(super) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
