//! Shared queues between machines and workers.

use crate::abi::Status;
use crate::memory::{Call, Outcome};

pub(super) fn register(call: &mut Call<'_>, name: u32, size: u32, out: u32) -> Outcome {
    let name = call.bytes(name, size)?;
    call.write_u32(out, 0)?;
    let guest = call.guest();
    let (token, root) = (guest.process.queues.register(&guest.vm_id, &name)?, guest.root());
    guest.queues.insert(token, root);
    call.write_u32(out, token)
}

/// An empty `vm_id` is the machine's own.
pub(super) fn resolve(call: &mut Call<'_>, vm_id: u32, vm_id_size: u32, name: u32, size: u32, out: u32) -> Outcome {
    let (vm_id, name) = (call.text(vm_id, vm_id_size)?, call.bytes(name, size)?);
    let guest = call.guest();
    let vm_id = if vm_id.is_empty() { &guest.vm_id } else { &vm_id };
    let token = guest.process.queues.resolve(vm_id, &name).ok_or(Status::NotFound)?;
    call.write_u32(out, token)
}

pub(super) fn enqueue(call: &mut Call<'_>, token: u32, bytes: u32, size: u32) -> Outcome {
    let element = call.bytes(bytes, size)?;
    let guest = call.guest();
    guest.process.queues.enqueue(token, element)?;
    guest.world.queue_filled(token);
    Ok(())
}

pub(super) fn dequeue(call: &mut Call<'_>, token: u32, out: u32, out_size: u32) -> Outcome {
    // The places are tried first: an element taken out for nothing would be lost.
    call.write_u32(out, 0)?;
    call.write_u32(out_size, 0)?;
    let element = call.guest().process.queues.dequeue(token)?;
    call.give(&element, out, out_size)
}
