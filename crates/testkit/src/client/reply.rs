//! What came back to the client.

use std::fmt;

use crate::body::shown;
use crate::broken::Broken;
use crate::headers::Headers;

/// A reply as it was on the wire.
#[derive(Clone, Default)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The fields in order.
    pub headers: Headers,
    /// The body, unframed.
    pub body: Vec<u8>,
    /// The trailers.
    pub trailers: Headers,
}

impl Reply {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.get(name)
    }

    /// The first value of a header as text.
    ///
    /// # Panics
    /// When the value is not UTF-8.
    pub fn header_text(&self, name: &str) -> Option<&str> {
        self.headers.text(name)
    }

    /// The body as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body in UTF-8")
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("body is not JSON ({error}) in {self:#?}"))
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body", &format_args!("{}", shown(&self.body)))
            .field("trailers", &self.trailers)
            .finish()
    }
}

/// A reply that never came, or not to its end.
#[derive(Clone, Debug)]
pub struct Incomplete {
    /// What went wrong.
    pub cause: Broken,
    /// What had arrived until then, if the head was whole.
    pub partial: Option<Reply>,
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.partial {
            Some(reply) => write!(f, "{} in the middle of the reply {reply:#?}", self.cause),
            None => write!(f, "{} before a reply", self.cause),
        }
    }
}
