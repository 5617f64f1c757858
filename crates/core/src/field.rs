//! Header names and values that were checked: those of a configuration once, when the plugin is configured.

use crate::JsonSchema;
use crate::config::joined;
use crate::headers::{is_name, is_value};
use serde::Deserialize;
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// A header's name, in lower case, that may be sent as it is. Pseudo headers such as `:path` are names too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^:?[-A-Za-z0-9!#$%&'*+.^_`|~]+$"))]
pub struct HeaderName(Cow<'static, str>);

/// A header's value: bytes without CR, LF and NUL. In a configuration it is a text.
#[derive(Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = r"^[^\r\n\x00]*$"))]
pub struct FieldValue(Cow<'static, [u8]>);

impl HeaderName {
    /// A name known when the plugin is written: `const HELLO: HeaderName = HeaderName::from_static("hello");`.
    ///
    /// # Panics
    ///
    /// If `name` is not a header name in lower case; in a `const`, as above, that is an error of the compiler.
    pub const fn from_static(name: &'static str) -> Self {
        assert!(is_lower_name(name.as_bytes()), "not a header name in lower case");
        Self(Cow::Borrowed(name))
    }

    /// Whether the header belongs to one connection only, or tells where a message ends: `content-length`, `connection`
    /// and the like. The gateway writes these itself; a wrong one would let one message run into the next.
    pub fn is_owned_by_gateway(&self) -> bool {
        is_owned_by_gateway(self)
    }

    /// Whether this is one of HTTP/2's pseudo headers, such as `:path`.
    pub fn is_pseudo(&self) -> bool {
        self.0.starts_with(':')
    }
}

pub(crate) fn is_owned_by_gateway(name: &str) -> bool {
    const OWNED: [&str; 6] =
        ["connection", "content-length", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];
    OWNED.iter().any(|owned| is_same(name, owned))
}

// Not inlined: the copies, one for each name, would be larger than all else in this file.
#[inline(never)]
fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// [`is_name`] for the compiler, which cannot run iterators.
const fn is_lower_name(mut bytes: &[u8]) -> bool {
    let empty = bytes.is_empty();
    while let [first, rest @ ..] = bytes {
        if !matches!(first, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.') {
            return false;
        }
        bytes = rest;
    }
    !empty
}

impl FieldValue {
    /// A value known when the plugin is written.
    ///
    /// # Panics
    ///
    /// If `value` holds CR, LF or NUL; in a `const` that is an error of the compiler.
    pub const fn from_static(value: &'static str) -> Self {
        assert!(is_one_line(value.as_bytes()), "not a header value: it holds CR, LF or NUL");
        Self(Cow::Borrowed(value.as_bytes()))
    }

    /// The value as text, if it is UTF-8; that of a configuration is.
    pub fn to_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// This value with `next` behind it.
    #[must_use]
    pub fn followed_by(&self, next: Self) -> Self {
        match self.0.is_empty() {
            true => next,
            false => Self(Cow::Owned([&*self.0, &*next.0].concat())),
        }
    }
}

/// [`is_value`] for the compiler.
const fn is_one_line(mut bytes: &[u8]) -> bool {
    while let [first, rest @ ..] = bytes {
        if matches!(first, b'\r' | b'\n' | 0) {
            return false;
        }
        bytes = rest;
    }
    true
}

impl TryFrom<String> for HeaderName {
    type Error = &'static str;

    fn try_from(mut name: String) -> Result<Self, Self::Error> {
        if !is_name(name.strip_prefix(':').unwrap_or(&name)) {
            return Err("allowed: a header name of letters, digits and !#$%&'*+-.^_`|~");
        }
        name.make_ascii_lowercase();
        Ok(Self(Cow::Owned(name)))
    }
}

impl Deref for HeaderName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The error says where the fault is, not what stands there: a value may be a secret.
impl TryFrom<Vec<u8>> for FieldValue {
    type Error = String;

    fn try_from(value: Vec<u8>) -> Result<Self, Self::Error> {
        if is_value(&value) { Ok(Self(Cow::Owned(value))) } else { Err(not_one_line(&value)) }
    }
}

/// As from bytes.
impl TryFrom<String> for FieldValue {
    type Error = String;

    fn try_from(value: String) -> Result<Self, Self::Error> {
        Self::try_from(value.into_bytes())
    }
}

#[cold]
#[inline(never)]
fn not_one_line(value: &[u8]) -> String {
    let position = value.iter().position(|byte| !is_value(&[*byte])).unwrap_or_default();
    let found = match value.get(position) {
        Some(b'\r') => "CR",
        Some(b'\n') => "LF",
        _ => "NUL",
    };
    let byte = (position + 1).to_string();
    joined(&["found ", found, " at byte ", &byte, ", allowed: a header value without CR, LF and NUL"])
}

impl AsRef<[u8]> for FieldValue {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Shows the value, so not for logs.
impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

/// Says how long it is, not what it is: a configured value may be a secret.
impl fmt::Debug for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FieldValue({} bytes)", self.0.len())
    }
}
