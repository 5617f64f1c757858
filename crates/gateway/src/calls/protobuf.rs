//! As much of protobuf as arguments of foreign functions need: the fields of one message, by number.

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message in their order; `None` when the bytes are no message. Fixed-width fields are passed over.
pub(super) fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, Value<'_>)>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let field = tag >> 3;
        match tag & 7 {
            0 => fields.push((field, Value::Number(varint(&mut bytes)?))),
            1 => drop(take(&mut bytes, 8)?),
            2 => {
                let size = usize::try_from(varint(&mut bytes)?).ok()?;
                fields.push((field, Value::Bytes(take(&mut bytes, size)?)));
            }
            5 => drop(take(&mut bytes, 4)?),
            _ => return None,
        }
    }
    Some(fields)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take<'a>(bytes: &mut &'a [u8], size: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(size)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_in_their_order() {
        let message = b"\x0a\x04name\x10\x01\x2d\0\0\0\0\x39\0\0\0\0\0\0\0\0\x18\xac\x02";
        let expected = [(1, Value::Bytes(b"name")), (2, Value::Number(1)), (3, Value::Number(300))];
        assert_eq!(fields(message).unwrap(), expected);
        assert_eq!(fields(b""), Some(vec![]));
    }

    #[test]
    fn what_is_cut_or_no_message_is_none() {
        for bytes in
            [&b"\x0a\x04nam"[..], b"\x0a", b"\x08\xff", b"\x0b", b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"]
        {
            assert_eq!(fields(bytes), None, "{bytes:?}");
        }
    }
}
