//! The end of a stream: what happened can be read, nothing can be changed.

use crate::headers::Headers;
use crate::host::Map;
use crate::property;
use std::ops::Deref;
use std::time::Duration;

/// What is known of an exchange in the gateway's log phase: what [`Closed`] tells, and the headers. Parts that never came
/// are empty.
pub struct End(Closed);

impl End {
    pub(crate) fn new() -> Self {
        Self(Closed::new())
    }

    /// The request's headers.
    pub fn request_headers(&self) -> Headers<'_> {
        Headers::new(Map::RequestHeaders)
    }

    /// The request's trailers.
    pub fn request_trailers(&self) -> Headers<'_> {
        Headers::new(Map::RequestTrailers)
    }

    /// The response's headers.
    pub fn response_headers(&self) -> Headers<'_> {
        Headers::new(Map::ResponseHeaders)
    }

    /// The response's trailers.
    pub fn response_trailers(&self) -> Headers<'_> {
        Headers::new(Map::ResponseTrailers)
    }
}

impl Deref for End {
    type Target = Closed;

    fn deref(&self) -> &Closed {
        &self.0
    }
}

/// What is known of an exchange when the gateway lets go of its stream.
pub struct Closed(());

impl Closed {
    pub(crate) fn new() -> Self {
        Self(())
    }

    /// HTTP status sent to the client; `None` when the client went away before.
    pub fn status(&self) -> Option<u16> {
        property::int(&["response", "code"]).and_then(|code| u16::try_from(code).ok()).filter(|code| *code != 0)
    }

    /// Why the response is what it is, such as `via_upstream` or `mock-response.rule`.
    pub fn details(&self) -> Option<String> {
        property::string(&["response", "code_details"])
    }

    /// Whether the upstream sent the response, whole, and not the gateway or a plugin in its place.
    pub fn is_from_upstream(&self) -> bool {
        property::is_from_upstream()
    }

    /// How long the exchange took.
    pub fn duration(&self) -> Option<Duration> {
        property::duration(&["request", "duration"])
    }
}
