//! The ways in which a message does not arrive.

use std::fmt;
use std::io::ErrorKind;

/// Why a message did not arrive whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The peer closed the connection in an orderly way.
    Closed,
    /// The peer reset the connection or, under HTTP/2, the stream.
    Reset,
    /// The deadline passed.
    Deadline,
    /// The bytes are not HTTP; the text says what was found.
    Malformed(String),
    /// Any other error of the socket.
    Io(String),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => write!(f, "connection closed"),
            Self::Reset => write!(f, "connection reset"),
            Self::Deadline => write!(f, "deadline passed"),
            Self::Malformed(found) => write!(f, "not HTTP: {found}"),
            Self::Io(error) => write!(f, "{error}"),
        }
    }
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Self::Deadline,
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => Self::Reset,
            ErrorKind::UnexpectedEof => Self::Closed,
            _ => Self::Io(error.to_string()),
        }
    }
}
