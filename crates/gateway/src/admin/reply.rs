//! An answer of the admin server.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;

/// An answer of the admin server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Value of `content-type`.
    pub content_type: &'static str,
    /// Further headers, names in lower case.
    pub headers: Vec<(&'static str, &'static str)>,
    /// What is shown.
    pub body: Bytes,
}

impl Reply {
    /// Plain text with status 200.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            status: 200,
            content_type: "text/plain; charset=UTF-8",
            headers: Vec::new(),
            body: Bytes::from(text.into()),
        }
    }

    /// Indented JSON with status 200.
    pub fn json(value: &serde_json::Value) -> Self {
        // The alternate form of a value is its indented text.
        Self { content_type: "application/json", ..Self::text(format!("{value:#}\n")) }
    }

    /// A page with status 200.
    pub fn html(text: impl Into<String>) -> Self {
        Self { content_type: "text/html; charset=UTF-8", ..Self::text(text) }
    }

    /// The same with another status.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(super) fn into_response(self, head_only: bool) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(if head_only { Bytes::new() } else { self.body }));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, max-age=0"));
        headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
        for (name, value) in self.headers {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}
