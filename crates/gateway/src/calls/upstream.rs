//! Higress's look at the hosts behind a route, and the choice of one of them.

use crate::abi::Status;
use crate::memory::{Call, Outcome};
use crate::pairs;

pub(super) fn hosts(call: &mut Call<'_>, out: u32, out_size: u32) -> Outcome {
    let stream = call.guest().stream(Status::BadArgument)?;
    let hosts = stream.exchange.upstream_hosts(stream.held()).ok_or(Status::NotFound)?;
    call.give(&pairs::encode(hosts.iter()), out, out_size)
}

/// Always a good status, even where it can do nothing: so Higress does it.
pub(super) fn override_host(call: &mut Call<'_>, address: u32, size: u32) -> Outcome {
    let address = call.bytes(address, size)?;
    if let Ok(stream) = call.guest().stream(Status::NotFound) {
        stream.exchange.override_upstream_host(&address);
    }
    Ok(())
}
