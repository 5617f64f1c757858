//! Messages of protobuf, as guests pass them and read them.

/// A field of bytes or text.
pub(crate) fn bytes(field: u8, value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    let mut message = vec![field << 3 | 2];
    let mut size = value.len();
    while size > 0x7f {
        message.push((size & 0x7f) as u8 | 0x80);
        size >>= 7;
    }
    message.push(size as u8);
    message.extend(value);
    message
}

/// A field of a small number.
pub(crate) fn number(field: u8, value: u8) -> Vec<u8> {
    vec![field << 3, value]
}

/// The field of bytes or text with this number; empty where it is missing.
pub(crate) fn field(message: &[u8], wanted: u8) -> Vec<u8> {
    let mut rest = message;
    while let Some((tag, after)) = rest.split_first() {
        let (mut size, mut shift, mut after) = (0, 0, after);
        while let Some((byte, next)) = after.split_first() {
            size |= usize::from(byte & 0x7f) << shift;
            (shift, after) = (shift + 7, next);
            if byte & 0x80 == 0 {
                break;
            }
        }
        if tag & 7 == 0 {
            rest = after;
            continue;
        }
        if tag >> 3 == wanted {
            return after[..size].to_vec();
        }
        rest = &after[size..];
    }
    Vec::new()
}
