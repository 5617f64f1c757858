//! What an operator writes: the service, what to ask it, and the header that carries the token.

use plugin_core::config::Both;
use plugin_core::prelude::*;
use std::ops::Deref;

/// The plugin's settings, checked.
#[derive(Debug, Deserialize)]
#[serde(from = "Both<Own, Service>")]
pub(crate) struct Settings {
    pub(crate) service: Service,
    pub(crate) request_path: RequestPath,
    pub(crate) token_header: TokenHeader,
}

/// The keys beside those that name the service.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Own {
    request_path: RequestPath,
    token_header: TokenHeader,
}

impl From<Both<Own, Service>> for Settings {
    fn from(Both(Own { request_path, token_header }, service): Both<Own, Service>) -> Self {
        Self { service, request_path, token_header }
    }
}

/// A path, with a query if need be, that can stand in a request line.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct RequestPath(String);

/// The header that carries the token, in the service's answer and in the request.
#[derive(Debug, Deserialize)]
#[serde(try_from = "HeaderName")]
pub(crate) struct TokenHeader(HeaderName);

// === impl RequestPath ===

impl TryFrom<String> for RequestPath {
    type Error = &'static str;

    fn try_from(path: String) -> Result<Self, Self::Error> {
        if path.is_empty() || !path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            return Err("allowed: a path such as `/token?scope=read`, percent-encoded where needed");
        }
        Ok(Self(path))
    }
}

impl Deref for RequestPath {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

// === impl TokenHeader ===

impl TryFrom<HeaderName> for TokenHeader {
    type Error = &'static str;

    fn try_from(name: HeaderName) -> Result<Self, Self::Error> {
        match &*name {
            _ if name.is_pseudo() => Err("allowed: an ordinary header"),
            "host" => Err("allowed: another header; the request's host is not a place for a token"),
            _ if name.is_owned_by_gateway() => Err("allowed: another header; the gateway writes this one itself"),
            _ => Ok(Self(name)),
        }
    }
}

impl Deref for TokenHeader {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}
