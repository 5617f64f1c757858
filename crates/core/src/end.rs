//! The end of a stream (the gateway's log phase): all that happened can be read, nothing can be changed.

use crate::headers::Headers;
use crate::host::Map;
use crate::property;
use std::time::Duration;

/// What is known of an exchange at its end. Parts that never came are empty.
pub struct End(());

impl End {
    pub(crate) fn new() -> Self {
        Self(())
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

    /// HTTP status sent to the client; `None` when the client went away before.
    pub fn status(&self) -> Option<u16> {
        property::int(&["response", "code"]).and_then(|code| u16::try_from(code).ok()).filter(|code| *code != 0)
    }

    /// Why the response is what it is, such as `via_upstream` or `mock-response.rule`.
    pub fn details(&self) -> Option<String> {
        property::string(&["response", "code_details"])
    }

    /// How long the exchange took.
    pub fn duration(&self) -> Option<Duration> {
        property::duration(&["request", "duration"])
    }
}
