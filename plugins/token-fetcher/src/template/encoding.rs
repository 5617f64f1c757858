//! How a value is written so that it stays where it is put: a client must not be able to add a parameter or a field.

/// Where a value is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As it is: header values, which come from headers, and bodies of the operator's own form.
    None,
    /// Into a path or a query: all but RFC 3986's unreserved characters are percent-encoded.
    Percent,
    /// Between the quotes of a JSON string (RFC 8259, section 7).
    Json,
}

impl Encoding {
    pub(crate) fn write(self, value: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::None => out.extend_from_slice(value),
            Self::Percent => percent(value, out),
            Self::Json => json(value, out),
        }
    }
}

/// One of the sixteen digits.
fn hex(digit: u8) -> u8 {
    match digit & 15 {
        low @ 0..=9 => b'0' + low,
        high => b'A' + high - 10,
    }
}

fn percent(value: &[u8], out: &mut Vec<u8>) {
    for byte in value {
        match byte {
            b'-' | b'.' | b'_' | b'~' => out.push(*byte),
            _ if byte.is_ascii_alphanumeric() => out.push(*byte),
            _ => out.extend([b'%', hex(byte >> 4), hex(*byte)]),
        }
    }
}

/// JSON is UTF-8: bytes that are not become U+FFFD.
fn json(value: &[u8], out: &mut Vec<u8>) {
    for byte in String::from_utf8_lossy(value).bytes() {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            0..0x20 => {
                out.extend_from_slice(b"\\u00");
                out.extend([hex(byte >> 4), hex(byte)]);
            }
            _ => out.push(byte),
        }
    }
}
