//! What Redis answers.

use super::code::Code;
use super::from_value::{FromValue, Unexpected};
use std::fmt;

/// A reply. Redis has two kinds of text, one line and any bytes; which it was means nothing to anybody.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing: a key that does not exist, or a condition that was not met.
    Null,
    /// A whole number.
    Int(i64),
    /// A text, or any bytes.
    Bytes(Vec<u8>),
    /// Several values.
    List(Vec<Value>),
    /// An error inside a list. One that is the whole reply is an [`Error`](crate::Error) instead.
    Error(ErrorReply),
}

impl Value {
    /// This value as a `T`.
    ///
    /// # Errors
    ///
    /// When it is of another type.
    pub fn read<T: FromValue>(self) -> Result<T, Unexpected> {
        T::from_value(self)
    }

    /// What kind of value this is, for messages.
    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int(_) => "a whole number",
            Self::Bytes(_) => "a text",
            Self::List(_) => "a list",
            Self::Error(_) => "an error",
        }
    }
}

/// Tells lengths instead of texts: a value may be a secret.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Int(number) => write!(f, "Int({number})"),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::List(values) => f.debug_list().entries(values).finish(),
            Self::Error(error) => error.fmt(f),
        }
    }
}

/// An error as Redis words it: a code in capitals and a text, which may repeat what the command sent.
#[derive(Clone, PartialEq, Eq)]
pub struct ErrorReply(pub(super) String);

impl ErrorReply {
    /// An error with this text, code first.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What kind of error it is.
    pub fn code(&self) -> Code {
        Code::of(&self.0)
    }

    /// Redis's text, code included. Not for logs: it may repeat arguments of the command.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ErrorReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?})", self.code())
    }
}
