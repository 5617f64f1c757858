//! Attributes: facts about an exchange by path, as plugins ask for them.
//!
//! Names and types are Envoy's: whole numbers are 8 bytes, least significant first, flags one byte, times and durations
//! nanoseconds, the rest text. What an exchange does not have, or not yet, is not found.

use std::net::SocketAddr;
use std::time::{Duration, UNIX_EPOCH};

use super::live::Live;
use super::record::Record;
use crate::bootstrap::Action;
use crate::exchange::Held;
use crate::headers::Headers;
use crate::pairs;
use crate::server::node;

/// `traffic_direction` of listeners has no effect here, so it is always the unspecified one.
const UNSPECIFIED: i64 = 0;

type Value = Option<Vec<u8>>;

/// The value of an attribute or, where there is none of that name, what a plugin has set under it.
pub(super) fn find(live: &Live, path: &[&[u8]], held: Held<'_>) -> Value {
    let (first, rest) = path.split_first()?;
    let name = rest.first().copied().unwrap_or_default();
    let key = rest.get(1).copied();
    match *first {
        b"route_name" => route_name(live, held),
        b"cluster_name" => cluster_name(live, held),
        b"request" => request(live, name, key, held.request),
        b"response" => response(&live.record.borrow(), name, key, held.response),
        b"source" => address(live.record.borrow().peer.remote, name),
        b"destination" => address(live.record.borrow().peer.local, name),
        b"upstream" => address(live.record.borrow().upstream?, name),
        b"connection" => connection(&live.record.borrow(), name),
        b"connection_id" => number(live.record.borrow().peer.id),
        b"listener_direction" => number(UNSPECIFIED),
        b"node" => node::find(&live.site.node, rest),
        b"xds" => match name {
            b"route_name" => route_name(live, held),
            b"cluster_name" => cluster_name(live, held),
            b"listener_direction" => number(UNSPECIFIED),
            b"virtual_host_name" => text(&live.route(held.request)?.virtual_host.name),
            b"node" => node::find(&live.site.node, rest.get(1..).unwrap_or_default()),
            _ => None,
        },
        _ => live.record.borrow().state.get(&path.join(&b'.')).map(<[u8]>::to_vec),
    }
}

fn route_name(live: &Live, held: Held<'_>) -> Value {
    text(&live.route(held.request)?.route.name)
}

fn cluster_name(live: &Live, held: Held<'_>) -> Value {
    match &live.route(held.request)?.route.action {
        Action::Route(action) => text(&action.cluster),
        Action::DirectResponse(_) | Action::Redirect(_) => None,
    }
}

fn request(live: &Live, name: &[u8], key: Option<&[u8]>, held: Option<&Headers>) -> Value {
    let record = live.record.borrow();
    let headers = held.unwrap_or(&record.request);
    let header = |name: &[u8]| headers.get(name).map(<[u8]>::to_vec);
    let path = || headers.get(b":path");
    match name {
        b"path" => header(b":path"),
        b"url_path" => path()?.split(|byte| *byte == b'?').next().map(<[u8]>::to_vec),
        b"query" => {
            let path = path()?;
            let question = path.iter().position(|byte| *byte == b'?');
            Some(question.and_then(|at| path.get(at + 1..)).unwrap_or_default().to_vec())
        }
        b"host" => header(b":authority"),
        b"scheme" => header(b":scheme"),
        b"method" => header(b":method"),
        b"referer" => header(b"referer"),
        b"useragent" => header(b"user-agent"),
        b"id" => header(b"x-request-id"),
        b"protocol" => text(record.protocol_name()),
        b"time" => number(nanoseconds(record.started.duration_since(UNIX_EPOCH).unwrap_or_default())),
        b"duration" => number(nanoseconds(record.took?)),
        // What the client has announced, for the body need not have come yet.
        b"size" => {
            let announced = headers.get(b"content-length").and_then(|it| std::str::from_utf8(it).ok()?.parse().ok());
            number::<u64>(announced.unwrap_or(record.received))
        }
        b"total_size" => number(record.received.saturating_add(headers.bytes() as u64)),
        b"headers" => in_map(Some(headers), key),
        _ => None,
    }
}

fn response(record: &Record, name: &[u8], key: Option<&[u8]>, held: Option<&Headers>) -> Value {
    let headers = held.or(record.response.as_ref());
    match name {
        b"code" => number::<i64>(match held {
            Some(held) => std::str::from_utf8(held.get(b":status")?).ok()?.parse().ok()?,
            None => record.status()?.into(),
        }),
        b"code_details" => text(record.details.as_deref()?),
        b"flags" => number(u64::from(record.flags.bits())),
        b"size" => number(record.sent),
        b"total_size" => {
            let bytes = |it: Option<&Headers>| it.map_or(0, Headers::bytes) as u64;
            number(record.sent + bytes(headers) + bytes(record.response_trailers.as_ref()))
        }
        b"grpc_status" => {
            let trailers = record.response_trailers.as_ref();
            let status = trailers.and_then(|it| it.get(b"grpc-status")).or_else(|| headers?.get(b"grpc-status"))?;
            number::<i64>(std::str::from_utf8(status).ok()?.parse().ok()?)
        }
        b"backend_latency" => number(nanoseconds(record.upstream_took?)),
        b"headers" => in_map(headers, key),
        b"trailers" => in_map(record.response_trailers.as_ref(), key),
        _ => None,
    }
}

fn connection(record: &Record, name: &[u8]) -> Value {
    match name {
        b"id" => number(record.peer.id),
        b"mtls" => Some(vec![0]),
        _ => None,
    }
}

fn address(address: SocketAddr, name: &[u8]) -> Value {
    match name {
        b"address" => text(&address.to_string()),
        b"port" => number::<i64>(address.port().into()),
        _ => None,
    }
}

/// One entry of a map of headers, or all of them.
fn in_map(headers: Option<&Headers>, key: Option<&[u8]>) -> Value {
    match key {
        Some(key) => headers?.get(key).map(<[u8]>::to_vec),
        None => Some(pairs::encode(headers?.iter())),
    }
}

fn text(text: &str) -> Value {
    Some(text.as_bytes().to_vec())
}

fn number<N: Into<Whole>>(number: N) -> Value {
    Some(number.into().0.to_vec())
}

fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// A whole number as plugins read it.
struct Whole([u8; 8]);

impl From<u64> for Whole {
    fn from(number: u64) -> Self {
        Self(number.to_le_bytes())
    }
}

impl From<i64> for Whole {
    fn from(number: i64) -> Self {
        Self(number.to_le_bytes())
    }
}
