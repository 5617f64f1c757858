//! Metrics: each machine has its own numbers for them, the values belong to the process.

use crate::abi::Status;
use crate::memory::{Call, Outcome};
use crate::process::MetricKind;
use crate::vm::guest::Guest;

/// Every call makes a new id, even for a name that has one.
pub(super) fn define(call: &mut Call<'_>, kind: u32, name: u32, size: u32, out: u32) -> Outcome {
    let kind = match kind {
        0 => MetricKind::Counter,
        1 => MetricKind::Gauge,
        2 => MetricKind::Histogram,
        _ => return Err(Status::BadArgument.into()),
    };
    if size as usize > call.guest().limits.name {
        return Err(Status::BadArgument.into());
    }
    let name = call.text(name, size)?;
    let guest = call.guest();
    if guest.metrics.len() >= guest.limits.metrics {
        return Err(Status::InternalFailure.into());
    }
    let id = u32::try_from(guest.metrics.len()).map_err(|_| Status::InternalFailure)?;
    call.write_u32(out, id)?;
    let guest = call.guest();
    guest.process.metrics.define(&name, kind);
    guest.metrics.push((name, kind));
    Ok(())
}

pub(super) fn increment(call: &mut Call<'_>, id: u32, by: i64) -> Outcome {
    let guest = call.guest();
    let (name, kind) = find(guest, id)?;
    match kind {
        MetricKind::Counter if by <= 0 => return Err(Status::BadArgument.into()),
        MetricKind::Histogram => return Err(Status::BadArgument.into()),
        MetricKind::Counter | MetricKind::Gauge => guest.process.metrics.add(name, kind, by),
    }
    Ok(())
}

pub(super) fn record(call: &mut Call<'_>, id: u32, value: u64) -> Outcome {
    let guest = call.guest();
    let (name, kind) = find(guest, id)?;
    guest.process.metrics.record(name, kind, value);
    Ok(())
}

pub(super) fn get(call: &mut Call<'_>, id: u32, out: u32) -> Outcome {
    let guest = call.guest();
    let (name, kind) = find(guest, id)?;
    if kind == MetricKind::Histogram {
        return Err(Status::BadArgument.into());
    }
    let value = guest.process.metrics.get(name, kind).ok_or(Status::NotFound)?;
    call.write_u64(out, value)
}

fn find(guest: &Guest, id: u32) -> Result<(&str, MetricKind), Status> {
    guest.metrics.get(id as usize).map(|(name, kind)| (name.as_str(), *kind)).ok_or(Status::NotFound)
}
