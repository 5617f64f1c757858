//! Headers as plugins see them, and as the HTTP library has them.

use http::header::{HOST, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Extensions, HeaderMap, response};

use crate::cluster::WireOrder;
use crate::headers::Headers;

/// A request's headers, pseudo headers first.
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
    add_all(&mut headers, &parts.headers, &parts.extensions, |name| *name != HOST);
    headers
}

/// Adds headers in the order of the wire, as far as it is known.
fn add_all(headers: &mut Headers, map: &HeaderMap, extensions: &Extensions, wanted: impl Fn(&HeaderName) -> bool) {
    let mut add = |name: &HeaderName, value: &HeaderValue| headers.add(name.as_str().as_bytes(), value.as_bytes());
    match extensions.get::<WireOrder>() {
        Some(WireOrder(pairs)) => {
            let kept = pairs.iter().filter(|(name, _)| wanted(name) && map.contains_key(name));
            kept.for_each(|(name, value)| add(name, value));
        }
        None => map.iter().filter(|(name, _)| wanted(name)).for_each(|(name, value)| add(name, value)),
    }
}

/// A response's headers, `:status` first.
pub(super) fn of_response(parts: &response::Parts) -> Headers {
    let status = parts.status;
    let mut headers = Headers::default();
    headers.add(b":status", status.as_str().as_bytes());
    add_all(&mut headers, &parts.headers, &parts.extensions, |_| true);
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
    headers.joined(name.as_bytes()).map(|values| String::from_utf8_lossy(&values).into_owned())
}
