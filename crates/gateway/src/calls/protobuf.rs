//! As much of protobuf as foreign functions need: the fields of one message, by number.

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

/// A message that is written, field by field.
#[derive(Default)]
pub(super) struct Message(Vec<u8>);

impl Message {
    /// False is written as nothing, for that is what is read where the field is missing.
    pub(super) fn flag(mut self, field: u8, flag: bool) -> Self {
        if flag {
            self.0.extend([field << 3, 1]);
        }
        self
    }

    pub(super) fn bytes(mut self, field: u8, bytes: &[u8]) -> Self {
        self.0.push(field << 3 | 2);
        let mut size = bytes.len();
        while size > 0x7f {
            self.0.push((size & 0x7f) as u8 | 0x80);
            size >>= 7;
        }
        self.0.push(size as u8);
        self.0.extend(bytes);
        self
    }
}

impl From<Message> for Vec<u8> {
    fn from(message: Message) -> Self {
        message.0
    }
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
    fn what_is_written_can_be_read() {
        let long = vec![7; 300];
        let message: Vec<u8> = Message::default().flag(1, true).flag(2, false).bytes(3, b"").bytes(4, &long).into();
        let expected = [(1, Value::Number(1)), (3, Value::Bytes(b"")), (4, Value::Bytes(&long))];
        assert_eq!(fields(&message).unwrap(), expected);
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
