//! An answer for the admin server to send.

use serde::Serialize;
use serde_json::json;

/// Nothing from elsewhere, nothing inside of the page but its own files, and nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What to answer a request with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// In lower case; the length is left to the server.
    pub headers: Vec<(&'static str, String)>,
    /// All of it.
    pub body: Vec<u8>,
}

impl Reply {
    pub(super) fn new(status: u16, kind: &str, body: Vec<u8>) -> Self {
        let headers = [
            ("content-type", kind),
            ("content-security-policy", POLICY),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ];
        Self { status, headers: headers.map(|(name, value)| (name, value.to_owned())).into(), body }
    }

    pub(super) fn json(value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self::new(200, "application/json", body),
            Err(error) => Self::fault(500, &format!("cannot be told as JSON: {error}")),
        }
    }

    pub(super) fn fault(status: u16, text: &str) -> Self {
        Self::new(status, "application/json", json!({ "error": text }).to_string().into_bytes())
    }

    pub(super) fn moved(to: &str) -> Self {
        let mut reply = Self::new(308, "text/plain; charset=utf-8", Vec::new());
        reply.headers.push(("location", to.to_owned()));
        reply
    }
}
