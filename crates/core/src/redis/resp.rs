//! RESP2, the protocol that Redis speaks: one whole reply as a [`Value`].
//!
//! Everything but lists is read by the `redis-protocol` crate. It would read lists too, but by a recursion without bound,
//! which a reply of nested lists could make overflow the stack of the module and so end it for all requests.

use super::value::{ErrorReply, Value};
use redis_protocol::resp2::decode::decode_range;
use redis_protocol::resp2::types::RangeFrame;

/// How deep lists may lie in one another. Redis's own replies stop at four or so.
const MAX_DEPTH: usize = 32;

/// Why some bytes are not one reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// They end too early.
    CutShort,
    /// More follows behind the reply.
    Surplus,
    /// Lists lie too deep in one another.
    TooDeep,
    /// They are not RESP2.
    Malformed,
}

impl Fault {
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::CutShort => "a reply that is cut short",
            Self::Surplus => "more than one reply",
            Self::TooDeep => "lists that lie too deep in one another",
            Self::Malformed => "what is no RESP2; check that a Redis listens there and not something else",
        }
    }
}

/// Reads one reply, which must be all of `bytes`.
pub(super) fn decode(bytes: &[u8]) -> Result<Value, Fault> {
    match read(bytes, MAX_DEPTH)? {
        (value, []) => Ok(value),
        _ => Err(Fault::Surplus),
    }
}

/// The first value, and what follows it.
fn read(bytes: &[u8], depth: usize) -> Result<(Value, &[u8]), Fault> {
    match bytes.strip_prefix(b"*") {
        Some(list) => read_list(list, depth),
        None => read_single(bytes),
    }
}

fn read_list(bytes: &[u8], depth: usize) -> Result<(Value, &[u8]), Fault> {
    let depth = depth.checked_sub(1).ok_or(Fault::TooDeep)?;
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or(Fault::CutShort)?;
    let (line, mut rest) = bytes.split_at_checked(end + 1).ok_or(Fault::CutShort)?;
    let length = line.strip_suffix(b"\r\n").and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<i64>().ok());
    let length = match length.ok_or(Fault::Malformed)? {
        -1 => return Ok((Value::Null, rest)),
        length => usize::try_from(length).map_err(|_| Fault::Malformed)?,
    };
    // No room is made in advance: the length is only what somebody says.
    let mut values = Vec::new();
    for _ in 0..length {
        let (value, after) = read(rest, depth)?;
        values.push(value);
        rest = after;
    }
    Ok((Value::List(values), rest))
}

fn read_single(bytes: &[u8]) -> Result<(Value, &[u8]), Fault> {
    let (frame, size) = decode_range(bytes).map_err(|_| Fault::Malformed)?.ok_or(Fault::CutShort)?;
    let (own, rest) = bytes.split_at_checked(size).ok_or(Fault::Malformed)?;
    // The crate takes any two bytes for the end of a bulk string.
    if !own.ends_with(b"\r\n") {
        return Err(Fault::Malformed);
    }
    let cut = |(from, to)| own.get(from..to).ok_or(Fault::Malformed);
    let line = |range| match cut(range)? {
        line if line.iter().any(|byte| matches!(byte, b'\r' | b'\n')) => Err(Fault::Malformed),
        line => Ok(line),
    };
    let value = match frame {
        RangeFrame::Null => Value::Null,
        RangeFrame::Integer(number) => Value::Int(number),
        RangeFrame::BulkString(range) => Value::Bytes(cut(range)?.to_vec()),
        RangeFrame::SimpleString(range) => Value::Bytes(line(range)?.to_vec()),
        RangeFrame::Error(range) => Value::Error(ErrorReply(String::from_utf8_lossy(line(range)?).into_owned())),
        RangeFrame::Array(_) => return Err(Fault::Malformed),
    };
    Ok((value, rest))
}

/// Appends one value, for the fake gateway and for tests.
#[cfg(all(any(test, feature = "testing"), not(target_arch = "wasm32")))]
pub(crate) fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"$-1\r\n"),
        Value::Int(number) => out.extend_from_slice(format!(":{number}\r\n").as_bytes()),
        Value::Bytes(bytes) => {
            out.extend_from_slice(format!("${}\r\n", bytes.len()).as_bytes());
            out.extend_from_slice(bytes);
            out.extend_from_slice(b"\r\n");
        }
        Value::List(values) => {
            out.extend_from_slice(format!("*{}\r\n", values.len()).as_bytes());
            values.iter().for_each(|value| encode(value, out));
        }
        Value::Error(error) => out.extend_from_slice(format!("-{}\r\n", error.text()).as_bytes()),
    }
}

#[cfg(test)]
mod tests;
