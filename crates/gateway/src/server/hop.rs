//! Headers that are meant for one connection, and do not travel further.

use http::header::{CONNECTION, HeaderMap, HeaderName, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderValue, StatusCode};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const HTTP2_SETTINGS: HeaderName = HeaderName::from_static("http2-settings");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// Takes them from a request; one that upgrades its connection keeps what says so.
pub(super) fn strip_request(headers: &mut HeaderMap, upgrades: bool) {
    if !upgrades {
        headers.remove(CONNECTION);
        headers.remove(UPGRADE);
    }
    headers.remove(KEEP_ALIVE);
    headers.remove(PROXY_CONNECTION);
    headers.remove(TRANSFER_ENCODING);
    if headers.get(TE).is_some_and(|it| it != "trailers") {
        headers.remove(TE);
    }
}

/// Takes the wish to upgrade from a request that is served without: one with a body, or one for HTTP/2, as on Envoy.
pub(super) fn strip_upgrade(headers: &mut HeaderMap, has_body: bool) {
    if has_body || wanted_upgrade(headers).is_some_and(|protocol| protocol == "h2c") {
        headers.remove(UPGRADE);
        headers.remove(HTTP2_SETTINGS);
    }
}

/// Takes them from a response; one that upgrades its connection keeps what says so.
pub(super) fn strip_response(headers: &mut HeaderMap, status: StatusCode) {
    if status != StatusCode::SWITCHING_PROTOCOLS {
        headers.remove(CONNECTION);
        headers.remove(UPGRADE);
    }
    headers.remove(KEEP_ALIVE);
    headers.remove(PROXY_CONNECTION);
    headers.remove(TRANSFER_ENCODING);
}

/// The protocol that a request wants to upgrade to, in lower case.
pub(super) fn wanted_upgrade(headers: &HeaderMap) -> Option<String> {
    let connection = headers.get_all(CONNECTION).iter().filter_map(|it| it.to_str().ok());
    let asks = connection.flat_map(|it| it.split(',')).any(|it| it.trim().eq_ignore_ascii_case("upgrade"));
    let protocol = headers.get(UPGRADE).map(HeaderValue::to_str)?.ok()?;
    asks.then(|| protocol.to_ascii_lowercase())
}
