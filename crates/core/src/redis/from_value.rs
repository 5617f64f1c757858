//! Replies as Rust types, strictly: what is of another type is an error.

use super::value::Value;
use std::fmt;

/// What a reply can be read as.
pub trait FromValue: Sized {
    /// Reads a reply.
    ///
    /// # Errors
    ///
    /// When it is of another type.
    fn from_value(value: Value) -> Result<Self, Unexpected>;
}

/// A reply of another type than was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unexpected {
    expected: &'static str,
    found: &'static str,
}

impl Unexpected {
    /// `value` was found where `expected`, such as `"a whole number"`, was wanted.
    pub fn new(expected: &'static str, value: &Value) -> Self {
        Self { expected, found: value.describe() }
    }

    pub(super) fn expected(&self) -> &'static str {
        self.expected
    }

    pub(super) fn found(&self) -> &'static str {
        self.found
    }
}

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("found ")?;
        f.write_str(self.found)?;
        f.write_str(", expected ")?;
        f.write_str(self.expected)
    }
}

impl std::error::Error for Unexpected {}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Self, Unexpected> {
        Ok(value)
    }
}

/// The `OK` of a command that has nothing else to say.
impl FromValue for () {
    fn from_value(value: Value) -> Result<Self, Unexpected> {
        match &value {
            Value::Bytes(text) if text == b"OK" => Ok(()),
            _ => Err(Unexpected::new("`OK`", &value)),
        }
    }
}

/// 1 or 0.
impl FromValue for bool {
    fn from_value(value: Value) -> Result<Self, Unexpected> {
        match value {
            Value::Int(0) => Ok(false),
            Value::Int(1) => Ok(true),
            _ => Err(Unexpected::new("0 or 1", &value)),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Result<Self, Unexpected> {
        match value {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(Unexpected::new("a text", &value)),
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<Self, Unexpected> {
        let unexpected = Unexpected::new("a text in UTF-8", &value);
        Self::from_utf8(Vec::from_value(value)?).map_err(|_| unexpected)
    }
}

/// Numbers are read from whole numbers and from texts that are one: what `INCR` answers as a number `GET` gives as text.
macro_rules! numbers {
    ($($kind:ty, $whole:expr, $expected:literal;)*) => {
        $(impl FromValue for $kind {
            fn from_value(value: Value) -> Result<Self, Unexpected> {
                let number = match &value {
                    Value::Int(number) => ($whole)(*number),
                    Value::Bytes(text) => std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()),
                    _ => None,
                };
                number.ok_or_else(|| Unexpected::new($expected, &value))
            }
        })*
    };
}

numbers! {
    i64, Some, "a whole number";
    u64, |number: i64| u64::try_from(number).ok(), "a whole number from 0";
    u32, |number: i64| u32::try_from(number).ok(), "a whole number from 0 to 4294967295";
    f64, |number: i64| Some(number as f64), "a number";
}

/// `None` for null.
impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, Unexpected> {
        match value {
            Value::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: Value) -> Result<Self, Unexpected> {
        match value {
            Value::List(values) => values.into_iter().map(T::from_value).collect(),
            _ => Err(Unexpected::new("a list", &value)),
        }
    }
}

macro_rules! tuples {
    ($($count:literal $expected:literal ($($part:ident)+))+) => {
        $(
            impl<$($part: FromValue),+> FromValue for ($($part,)+) {
                fn from_value(value: Value) -> Result<Self, Unexpected> {
                    let unexpected = Unexpected::new($expected, &value);
                    match value {
                        Value::List(values) if values.len() == $count => {
                            let mut values = values.into_iter();
                            Ok(($($part::from_value(values.next().ok_or(unexpected)?)?,)+))
                        }
                        _ => Err(unexpected),
                    }
                }
            }
        )+
    };
}

tuples! {
    2 "a list of 2" (A B)
    3 "a list of 3" (A B C)
    4 "a list of 4" (A B C D)
    5 "a list of 5" (A B C D E)
    6 "a list of 6" (A B C D E F)
}

/// A list in which each second value belongs to the one before it, as `HGETALL` gives.
pub(super) struct Pairs(pub(super) Vec<(Vec<u8>, Vec<u8>)>);

impl FromValue for Pairs {
    fn from_value(value: Value) -> Result<Self, Unexpected> {
        let unexpected = Unexpected::new("a list of pairs", &value);
        let mut values = Vec::<Vec<u8>>::from_value(value)?.into_iter();
        let mut pairs = Vec::with_capacity(values.len() / 2);
        while let Some(first) = values.next() {
            pairs.push((first, values.next().ok_or(unexpected)?));
        }
        Ok(Self(pairs))
    }
}

#[cfg(test)]
mod tests;
