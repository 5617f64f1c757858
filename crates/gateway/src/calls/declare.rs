//! Envoy's foreign function `declare_property`: what a property is that plugins will set.

use super::protobuf::{Value, fields};
use crate::abi::Status;
use crate::state::Span;
use crate::vm::guest::{Declared, Guest};

/// Envoy's number for text. Messages of protobuf and FlatBuffers are bytes here.
const TEXT: u64 = 1;

/// Keeps a declaration of the context whose callback runs. It is final.
///
/// # Errors
/// [`Status::BadArgument`] where the argument is no `DeclarePropertyArguments`, the name is too long or declared already.
pub(super) fn declare(guest: &mut Guest, argument: &[u8]) -> Result<(), Status> {
    let (mut name, mut declared) = (Vec::new(), Declared::default());
    for field in fields(argument).ok_or(Status::BadArgument)? {
        match field {
            (1, Value::Bytes(bytes)) => name = bytes.to_vec(),
            (2, Value::Number(number)) => declared.once = number != 0,
            (3, Value::Number(number)) => declared.text = number == TEXT,
            (5, Value::Number(number)) => declared.span = Span::numbered(number),
            _ => {}
        }
    }
    if name.len() > guest.limits.name {
        return Err(Status::BadArgument);
    }
    let key = (guest.current, name);
    if guest.declared.contains_key(&key) {
        return Err(Status::BadArgument);
    }
    if guest.declared.len() >= guest.limits.metrics {
        return Err(Status::InternalFailure);
    }
    guest.declared.insert(key, declared);
    Ok(())
}
