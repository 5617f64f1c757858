//! Headers as they are on the wire: bytes, in order, with repetitions.

use crate::config::{joined, quoted};
use crate::error::{Error, ErrorKind, Result};
use crate::field::{FieldValue, HeaderName};
use crate::host::{Host, Map, Pairs, host};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// What the host silently turns into an *empty* list; refused here instead.
const MAX_PAIRS: usize = 1024;
const MAX_PAIRS_BYTES: usize = 1 << 20;

/// A header's value: bytes that need not be UTF-8.
#[derive(Clone, PartialEq, Eq)]
pub struct HeaderValue(Vec<u8>);

impl HeaderValue {
    /// The value as text, if it is UTF-8.
    pub fn to_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The bytes as they came.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Takes the bytes out.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl From<Vec<u8>> for HeaderValue {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for HeaderValue {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq<str> for HeaderValue {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for HeaderValue {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Display for HeaderValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

/// Says how long the value is, not what it is: a header may be a secret, and `{:?}` ends up in logs.
impl fmt::Debug for HeaderValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeaderValue({} bytes)", self.0.len())
    }
}

/// Headers or trailers that may be read.
#[derive(Clone, Copy)]
pub struct Headers<'a> {
    map: Map,
    life: PhantomData<&'a ()>,
}

/// Headers or trailers that may be read, as [`Headers`], and changed. Names are matched without regard to case.
pub struct HeadersMut<'a>(Headers<'a>);

// === impl Headers ===

impl Headers<'_> {
    pub(crate) fn new(map: Map) -> Self {
        Self { map, life: PhantomData }
    }

    /// The first value of `name`. Where a second one matters (authentication, say), use [`Self::get_all`].
    pub fn get(&self, name: &str) -> Option<HeaderValue> {
        host().header(self.map, name).ok().flatten().map(HeaderValue)
    }

    /// All values of `name` in order.
    pub fn get_all(&self, name: &str) -> Vec<HeaderValue> {
        host().headers(self.map).unwrap_or_default().get_all(name)
    }

    /// Everything, in order, names in lower case, pseudo headers such as `:path` included.
    pub fn to_vec(&self) -> Vec<(String, HeaderValue)> {
        host().headers(self.map).unwrap_or_default().to_vec()
    }
}

// === impl HeadersMut ===

impl<'a> Deref for HeadersMut<'a> {
    type Target = Headers<'a>;

    fn deref(&self) -> &Headers<'a> {
        &self.0
    }
}

impl HeadersMut<'_> {
    pub(crate) fn new(map: Map) -> Self {
        Self(Headers::new(map))
    }

    /// Makes `value` the only value of `name`.
    pub fn set(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<()> {
        let value = value.as_ref();
        check(name, value)?;
        self.set_checked(name, value)
    }

    /// As [`Self::set`], with a name and a value that were checked when they were made.
    pub fn set_field(&mut self, name: &HeaderName, value: &FieldValue) -> Result<()> {
        self.set_checked(name, value.as_ref())
    }

    fn set_checked(&self, name: &str, value: &[u8]) -> Result<()> {
        host().set_header(self.0.map, name, value).map_err(|status| refused("set", name, status))
    }

    /// Adds `value` behind the values that `name` already has.
    pub fn append(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<()> {
        let value = value.as_ref();
        check(name, value)?;
        self.append_checked(name, value)
    }

    /// As [`Self::append`], with a name and a value that were checked when they were made.
    pub fn append_field(&mut self, name: &HeaderName, value: &FieldValue) -> Result<()> {
        self.append_checked(name, value.as_ref())
    }

    fn append_checked(&self, name: &str, value: &[u8]) -> Result<()> {
        host().add_header(self.0.map, name, value).map_err(|status| refused("append", name, status))
    }

    /// Removes all values of `name`; nothing happens when there are none.
    pub fn remove(&mut self, name: &str) -> Result<()> {
        check(name, b"")?;
        host().remove_header(self.0.map, name).map_err(|status| refused("remove", name, status))
    }

    /// Replaces the whole list. Without its pseudo headers the gateway refuses a message, and without
    /// `x-forwarded-proto` it finds no route for a request (404): keep them.
    pub fn replace_all(&mut self, headers: &[(String, HeaderValue)]) -> Result<()> {
        let mut pairs = Pairs::with_capacity(headers.len());
        for (name, value) in headers {
            check(name, value.as_bytes())?;
            pairs.push((name.clone(), value.as_bytes().to_vec()));
        }
        check_size(&pairs)?;
        host().set_headers(self.0.map, &pairs).map_err(|status| refused("replace", "all headers", status))
    }
}

#[cold]
#[inline(never)]
fn refused(verb: &str, name: &str, status: crate::host::HostError) -> Error {
    Error::new(ErrorKind::Host, format!("{verb} header `{name}`: {status}"))
}

/// Refuses what would split a header or a message in two: the gateway writes bytes as it gets them.
pub(crate) fn check(name: &str, value: &[u8]) -> Result<()> {
    let is_good_name = is_name(name.strip_prefix(':').unwrap_or(name));
    if is_good_name && is_value(value) { Ok(()) } else { Err(not_allowed(name, is_good_name)) }
}

#[cold]
#[inline(never)]
fn not_allowed(name: &str, is_good_name: bool) -> Error {
    let shown = quoted(name);
    let what = match is_good_name {
        true => joined(&["the value of header ", &shown, " contains CR, LF or NUL and was refused"]),
        false => joined(&["header name ", &shown, " is not allowed by RFC 9110"]),
    };
    Error::new(ErrorKind::InvalidHeader, what)
}

/// A bit for each of the characters from `first` on that a token may hold.
const fn token_bits(first: u8) -> u64 {
    let (mut bits, mut offset) = (0, 0_u8);
    while offset < 64 {
        let byte = first + offset;
        let is_mark = matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        );
        if is_mark || byte.is_ascii_alphanumeric() {
            bits |= 1 << offset;
        }
        offset += 1;
    }
    bits
}

const fn is_token(byte: u8) -> bool {
    const LOW: u64 = token_bits(0);
    const HIGH: u64 = token_bits(64);
    let bits = if byte < 64 { LOW } else { HIGH };
    byte < 128 && bits >> (byte & 63) & 1 == 1
}

/// Whether `name` is a token of RFC 9110, section 5.6.2.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(is_token)
}

/// Whether `value` holds no CR, LF or NUL (RFC 9110, section 5.5). Other bytes, 0x80 to 0xff included, are allowed.
pub fn is_value(value: &[u8]) -> bool {
    let (words, rest) = value.as_chunks();
    let good_words = words.iter().all(|word| {
        let word = u64::from_le_bytes(*word);
        [0, b'\n', b'\r'].iter().all(|byte| !holds_zero(word ^ u64::from_le_bytes([*byte; 8])))
    });
    good_words && !rest.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}

/// Whether one of the eight bytes is zero. Tokens are long: byte by byte, checking one would be most of a request's code.
fn holds_zero(word: u64) -> bool {
    word.wrapping_sub(0x0101_0101_0101_0101) & !word & 0x8080_8080_8080_8080 != 0
}

/// Refuses a list that the host would silently read as empty.
pub(crate) fn check_size(pairs: &[(String, Vec<u8>)]) -> Result<()> {
    let bytes: usize = pairs.iter().map(|(name, value)| name.len() + value.len() + 10).sum();
    if pairs.len() > MAX_PAIRS || bytes + 4 > MAX_PAIRS_BYTES {
        return Err(Error::new(
            ErrorKind::InvalidHeader,
            format!("{} headers of {bytes} bytes: the gateway takes at most {MAX_PAIRS} and 1 MiB", pairs.len()),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_refused_for_three_bytes_wherever_they_stand_and_for_no_other() {
        for byte in 0..=u8::MAX {
            for length in 1..20 {
                for place in 0..length {
                    let mut value = vec![0xff; length];
                    value.splice(place..=place, [byte]);
                    assert_eq!(is_value(&value), !matches!(byte, b'\r' | b'\n' | 0), "{byte} at {place} of {length}");
                }
            }
        }
        assert!(is_value(b""));
    }
}
