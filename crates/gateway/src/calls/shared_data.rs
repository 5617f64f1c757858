//! Shared data of all plugins with the same vm_id.

use crate::abi::Status;
use crate::memory::{Call, Outcome};

pub(super) fn get(call: &mut Call<'_>, key: u32, size: u32, out: u32, out_size: u32, cas: u32) -> Outcome {
    let key = call.bytes(key, size)?;
    let guest = call.guest();
    let (value, number) = guest.process.data.get(&guest.vm_id, &key).ok_or(Status::NotFound)?;
    call.write_u32(cas, number)?;
    call.give(&value, out, out_size)
}

pub(super) fn set(call: &mut Call<'_>, key: u32, key_size: u32, value: u32, size: u32, cas: u32) -> Outcome {
    let (key, value) = (call.bytes(key, key_size)?, call.bytes(value, size)?);
    let guest = call.guest();
    Ok(guest.process.data.set(&guest.vm_id, &key, &value, cas)?)
}
