//! Headers as plugins see them, and as the HTTP library has them.

use http::header::{HOST, HeaderName, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, StatusCode};

use crate::headers::Headers;

/// A request's headers, pseudo headers first. `scheme` is the listener's where the client gives none.
pub(super) fn of_request(parts: &Parts, scheme: &str) -> Headers {
    let uri = &parts.uri;
    let host = parts.headers.get(HOST).map(HeaderValue::as_bytes);
    let authority = uri.authority().map(|it| it.as_str().as_bytes()).or(host).unwrap_or_default();
    let path = uri.path_and_query().map_or("/", |it| if it.as_str().is_empty() { "/" } else { it.as_str() });
    let mut headers = Headers::default();
    headers.add(b":authority", authority);
    headers.add(b":path", path.as_bytes());
    headers.add(b":method", parts.method.as_str().as_bytes());
    headers.add(b":scheme", scheme.as_bytes());
    for (name, value) in parts.headers.iter().filter(|(name, _)| *name != HOST) {
        headers.add(name.as_str().as_bytes(), value.as_bytes());
    }
    headers
}

/// A response's headers, `:status` first.
pub(super) fn of_response(status: StatusCode, map: &HeaderMap) -> Headers {
    let mut headers = Headers::default();
    headers.add(b":status", status.as_str().as_bytes());
    for (name, value) in map {
        headers.add(name.as_str().as_bytes(), value.as_bytes());
    }
    headers
}

/// Trailers.
pub(super) fn of_map(map: &HeaderMap) -> Headers {
    map.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

/// All but pseudo headers. What a plugin wrote and HTTP cannot carry is left out.
pub(super) fn to_map(headers: &Headers) -> HeaderMap {
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers.iter().filter(|(name, _)| !name.starts_with(b":")) {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            map.append(name, value);
        }
    }
    map
}

/// A header as text, with several values joined by commas as routes and logs want them.
pub(super) fn joined(headers: &Headers, name: &str) -> Option<String> {
    let mut values = headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()));
    let mut text = String::from_utf8_lossy(values.next()?.1).into_owned();
    for (_, value) in values {
        text.push(',');
        text.push_str(&String::from_utf8_lossy(value));
    }
    Some(text)
}
