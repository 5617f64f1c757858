//! What an attribute is: a value with the type that Envoy gives it.

use std::fmt;

use crate::headers::Headers;
use crate::pairs;

/// The value of an attribute. Plugins read it as bytes; in expressions it keeps its type.
#[derive(Clone, PartialEq)]
pub enum Attribute {
    /// Text; headers may hold bytes that are no UTF-8.
    Text(Vec<u8>),
    /// Bytes that stand for themselves, such as what plugins set.
    Bytes(Vec<u8>),
    /// A whole number.
    Int(i64),
    /// A whole number that is never negative.
    Uint(u64),
    /// Any number.
    Double(f64),
    /// Yes or no.
    Flag(bool),
    /// A time, in nanoseconds since 1970.
    Time(i64),
    /// A span of time, in nanoseconds.
    Duration(i64),
    /// Headers or trailers.
    Map(Headers),
    /// No value of its own: its members have longer paths, as `request.path` has in `request`.
    Group,
}

impl Attribute {
    /// As plugins read it: numbers are 8 bytes, least significant first, flags are one byte, maps are lists of pairs.
    /// `None` of a group.
    pub fn encode(&self) -> Option<Vec<u8>> {
        Some(match self {
            Self::Text(bytes) | Self::Bytes(bytes) => bytes.clone(),
            Self::Int(number) | Self::Time(number) | Self::Duration(number) => number.to_le_bytes().to_vec(),
            Self::Uint(number) => number.to_le_bytes().to_vec(),
            Self::Double(number) => number.to_le_bytes().to_vec(),
            Self::Flag(flag) => vec![u8::from(*flag)],
            Self::Map(headers) => pairs::encode(headers.iter()),
            Self::Group => return None,
        })
    }

    /// About how many bytes it takes in memory.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text(bytes) | Self::Bytes(bytes) => bytes.len(),
            Self::Map(headers) => headers.bytes(),
            _ => 8,
        }
    }
}

impl From<&str> for Attribute {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Attribute {
    fn from(text: String) -> Self {
        Self::Text(text.into_bytes())
    }
}

impl From<Vec<u8>> for Attribute {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// Tells no text and no bytes: they may be a secret.
impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(bytes) => write!(f, "Text({} bytes)", bytes.len()),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Int(number) => write!(f, "Int({number})"),
            Self::Uint(number) => write!(f, "Uint({number})"),
            Self::Double(number) => write!(f, "Double({number})"),
            Self::Flag(flag) => write!(f, "Flag({flag})"),
            Self::Time(nanoseconds) => write!(f, "Time({nanoseconds})"),
            Self::Duration(nanoseconds) => write!(f, "Duration({nanoseconds})"),
            Self::Map(headers) => write!(f, "Map({headers:?})"),
            Self::Group => f.write_str("Group"),
        }
    }
}
