//! Reads the bytes of a `google.protobuf.Struct`, which is how Envoy delivers a configuration that was given as one.
//!
//! Takes fields only in the order, and values only in the form, in which every protobuf library writes them.

use super::{MAX_DEPTH, Node, Number};

/// A tree takes up to ten times the memory of its bytes. Configurations are far smaller than this.
const MAX_BYTES: usize = 4 << 20;

/// The tags of fields: number and wire type.
const FIRST: u8 = 0x0a;
const SECOND: u8 = 0x12;
const NULL: u8 = 0x08;
const NUMBER: u8 = 0x11;
const STRING: u8 = 0x1a;
const BOOL: u8 = 0x20;
const STRUCT: u8 = 0x2a;
const LIST: u8 = 0x32;

/// The map in a message, or nothing if the bytes are no such message.
pub(super) fn read_struct(bytes: &[u8]) -> Option<Node> {
    if bytes.len() > MAX_BYTES {
        return None;
    }
    map(bytes, MAX_DEPTH)
}

/// `levels` is how many lists and maps may be nested here, this one included.
fn map(mut bytes: &[u8], levels: usize) -> Option<Node> {
    let below = levels.checked_sub(1)?;
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (entry, rest) = field(bytes, FIRST)?;
        let (key, entry) = field(entry, FIRST)?;
        entries.push((text(key)?, value(only_field(entry, SECOND)?, below)?));
        bytes = rest;
    }
    Some(Node::Map(entries))
}

fn list(mut bytes: &[u8], levels: usize) -> Option<Node> {
    let below = levels.checked_sub(1)?;
    let mut items = Vec::new();
    while !bytes.is_empty() {
        let (item, rest) = field(bytes, FIRST)?;
        items.push(value(item, below)?);
        bytes = rest;
    }
    Some(Node::List(items))
}

fn value(bytes: &[u8], levels: usize) -> Option<Node> {
    match bytes {
        [NULL, 0] => Some(Node::Null),
        [NUMBER, number @ ..] => {
            let number = f64::from_le_bytes(number.try_into().ok()?);
            number.is_finite().then_some(Node::Number(Number::Float(number)))
        }
        [STRING, ..] => text(only_field(bytes, STRING)?).map(Node::String),
        [BOOL, value @ (0 | 1)] => Some(Node::Bool(*value == 1)),
        [STRUCT, ..] => map(only_field(bytes, STRUCT)?, levels),
        [LIST, ..] => list(only_field(bytes, LIST)?, levels),
        _ => None,
    }
}

// Not inlined, as `field`: the copies would double the code of this file.
#[inline(never)]
fn text(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

/// The content of a field with a length, behind which nothing follows.
fn only_field(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    field(bytes, tag).and_then(|(content, rest)| rest.is_empty().then_some(content))
}

/// The content of the first field, which has a length, and what follows it.
#[inline(never)]
fn field(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, mut bytes) = bytes.split_first()?;
    let mut length = 0_usize;
    // Seven bits in each byte, the lowest first. Four bytes are more than MAX_BYTES needs.
    for shift in [0, 7, 14, 21] {
        let (byte, rest) = bytes.split_first()?;
        bytes = rest;
        length |= usize::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return bytes.split_at_checked(length).filter(|_| *first == tag);
        }
    }
    None
}
