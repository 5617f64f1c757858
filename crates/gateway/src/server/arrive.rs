//! What happens to a request before any plugin sees it.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use http::header::{EXPECT, HOST};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, Version};

use super::connection::Peer;
use super::hop;
use crate::bootstrap::{HttpConnectionManager, Scheme, StripPort};
use crate::headers::Headers;
use crate::server::fields;

/// Why a request is answered at once, past all plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    /// May be empty.
    pub(super) body: &'static str,
    /// For `%RESPONSE_CODE_DETAILS%`.
    pub(super) details: &'static str,
    /// The client broke the protocol, rather than asking for something that is not to be had.
    pub(super) breach: bool,
}

const OLD: Refused =
    Refused { status: StatusCode::UPGRADE_REQUIRED, body: "Upgrade Required", details: "low_version", breach: true };
const TOO_LARGE: Refused = Refused {
    status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    body: "Request Header Fields Too Large",
    details: "request_headers_too_large",
    breach: true,
};
const NO_TUNNEL: Refused =
    Refused { status: StatusCode::NOT_FOUND, body: "", details: "route_not_found", breach: false };
const NO_UPGRADE: Refused =
    Refused { status: StatusCode::FORBIDDEN, body: "", details: "upgrade_failed", breach: false };
const NO_HOST: Refused =
    Refused { status: StatusCode::BAD_REQUEST, body: "", details: "missing_host_header", breach: false };

/// What only a gateway may say to the next one; a client's word does not count.
const OF_GATEWAYS: [&str; 15] = [
    "x-envoy-decorator-operation",
    "x-envoy-downstream-service-cluster",
    "x-envoy-downstream-service-node",
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-force-trace",
    "x-envoy-hedge-on-per-try-timeout",
    "x-envoy-internal",
    "x-envoy-ip-tags",
    "x-envoy-max-retries",
    "x-envoy-retry-grpc-on",
    "x-envoy-retry-on",
    "x-envoy-upstream-alt-stat-name",
    "x-envoy-upstream-rq-per-try-timeout-ms",
    "x-envoy-upstream-rq-timeout-alt-response",
    "x-envoy-upstream-rq-timeout-ms",
];

/// The request's headers as plugins get them, and whether it upgrades its connection.
///
/// # Errors
/// When the request is not one that is served.
pub(super) fn headers(manager: &HttpConnectionManager, peer: &Peer, parts: &mut Parts) -> Result<Headers, Refused> {
    if parts.version < Version::HTTP_11 {
        return Err(OLD);
    }
    if parts.method == Method::CONNECT {
        return Err(NO_TUNNEL);
    }
    if too_large(manager, parts) {
        return Err(TOO_LARGE);
    }
    let upgrade = hop::wanted_upgrade(&parts.headers);
    if upgrade.as_ref().is_some_and(|protocol| !manager.upgrades.contains(protocol)) {
        return Err(NO_UPGRADE);
    }
    if parts.uri.authority().is_none() && !parts.headers.contains_key(HOST) {
        return Err(NO_HOST);
    }
    hop::strip_request(&mut parts.headers, upgrade.is_some());
    // Whoever expects it has been told to continue.
    parts.headers.remove(EXPECT);
    for name in OF_GATEWAYS {
        parts.headers.remove(name);
    }
    let scheme = match (manager.scheme_to_overwrite, parts.uri.scheme_str()) {
        (Some(Scheme::Https), _) => "https",
        (Some(Scheme::Http), _) => "http",
        (None, Some("https")) => "https",
        (None, _) => "http",
    };
    let mut headers = fields::of_request(parts, scheme);
    strip_port(manager.strip_port, peer, &mut headers);
    if headers.get(b"x-forwarded-proto").is_none() {
        headers.add(b"x-forwarded-proto", scheme.as_bytes());
    }
    if headers.get(b"x-request-id").is_none() {
        headers.add(b"x-request-id", request_id().as_bytes());
    }
    Ok(headers)
}

fn too_large(manager: &HttpConnectionManager, parts: &Parts) -> bool {
    let size = |headers: &HeaderMap| -> usize {
        headers.iter().map(|(name, value)| name.as_str().len() + value.as_bytes().len()).sum()
    };
    let limit = usize::try_from(manager.max_request_headers_kb).unwrap_or(usize::MAX).saturating_mul(1024);
    let target = parts.uri.path_and_query().map_or(0, |it| it.as_str().len());
    size(&parts.headers) + target > limit
        || u32::try_from(parts.headers.len()).unwrap_or(u32::MAX) > manager.max_headers_count
}

fn strip_port(strip: StripPort, peer: &Peer, headers: &mut Headers) {
    let Some(authority) = headers.get(b":authority").and_then(|it| std::str::from_utf8(it).ok()) else { return };
    let Some((host, port)) = authority.rsplit_once(':').filter(|(_, port)| !port.contains(']')) else { return };
    let stripped = match strip {
        StripPort::Never => false,
        StripPort::Matching => port.parse() == Ok(peer.local.port()),
        StripPort::Any => port.parse::<u16>().is_ok(),
    };
    if stripped {
        let host = host.to_owned();
        headers.set(b":authority", host.as_bytes());
    }
}

/// A random UUID.
fn request_id() -> String {
    let random = || RandomState::new().build_hasher().finish();
    let (high, low) = (random(), random());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_are_random_uuids() {
        let (one, other) = (request_id(), request_id());
        assert_ne!(one, other);
        let parts: Vec<usize> = one.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12], "{one}");
        assert!(one.split('-').nth(2).unwrap().starts_with('4'), "{one}");
    }
}
