//! Attributes: facts about an exchange by path, as plugins ask for them.
//!
//! Names and types are Envoy's. What an exchange does not have, or not yet, is not found.

use std::net::SocketAddr;
use std::time::{Duration, UNIX_EPOCH};

use super::live::Live;
use super::record::Record;
use crate::attribute::Attribute;
use crate::bootstrap::Action;
use crate::exchange::Held;
use crate::headers::Headers;
use crate::server::node;
use crate::state::key_of_property;

/// `traffic_direction` of listeners has no effect here, so it is always the unspecified one.
const UNSPECIFIED: i64 = 0;

type Value = Option<Attribute>;

/// The value of an attribute or, where there is none of that name, what a plugin has set under it.
pub(super) fn find(live: &Live, path: &[&[u8]], held: Held<'_>) -> Value {
    let (first, rest) = path.split_first()?;
    let name = rest.first().copied().unwrap_or_default();
    let key = rest.get(1).copied();
    let (group, depth) = match (*first, name) {
        (b"node", _) | (b"xds", b"node") => (rest.is_empty(), usize::MAX),
        (b"request" | b"response", b"headers" | b"trailers") => (false, 2),
        (
            b"request" | b"response" | b"source" | b"destination" | b"upstream" | b"connection" | b"xds"
            | b"filter_state",
            _,
        ) => (rest.is_empty(), 1),
        _ => (false, 0),
    };
    if group || rest.len() > depth {
        return group.then_some(Attribute::Group);
    }
    match *first {
        b"route_name" => route_name(live, held),
        b"cluster_name" => cluster_name(live, held),
        b"request" => request(live, name, key, held.request),
        b"response" => response(&live.record.borrow(), name, key, held.response),
        b"source" => address(live.record.borrow().peer.remote, name),
        b"destination" => address(live.record.borrow().peer.local, name),
        b"upstream" => address(live.record.borrow().upstream?, name),
        b"connection" => connection(&live.record.borrow(), name),
        b"connection_id" => unsigned(live.record.borrow().peer.id),
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
        b"filter_state" => live.record.borrow().state(name),
        name => live.record.borrow().state(&key_of_property(name)),
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
    let header = |name: &[u8]| headers.get(name).map(bytes);
    let path = || headers.get(b":path");
    match name {
        b"path" => header(b":path"),
        b"url_path" => path()?.split(|byte| *byte == b'?').next().map(bytes),
        b"query" => {
            let path = path()?;
            let question = path.iter().position(|byte| *byte == b'?');
            Some(bytes(question.and_then(|at| path.get(at + 1..)).unwrap_or_default()))
        }
        b"host" => header(b":authority"),
        b"scheme" => header(b":scheme"),
        b"method" => header(b":method"),
        b"referer" => header(b"referer"),
        b"useragent" => header(b"user-agent"),
        b"id" => header(b"x-request-id"),
        b"protocol" => text(record.protocol_name()),
        b"time" => {
            let since = record.started.duration_since(UNIX_EPOCH).unwrap_or_default();
            Some(Attribute::Time(nanoseconds(since)))
        }
        b"duration" => Some(Attribute::Duration(nanoseconds(record.took?))),
        // What the client has announced, for the body need not have come yet.
        b"size" => {
            let announced = headers.get(b"content-length").and_then(|it| std::str::from_utf8(it).ok()?.parse().ok());
            count(announced.unwrap_or(record.received))
        }
        b"total_size" => count(record.received.saturating_add(headers.bytes() as u64)),
        b"headers" => in_map(Some(headers), key),
        _ => None,
    }
}

fn response(record: &Record, name: &[u8], key: Option<&[u8]>, held: Option<&Headers>) -> Value {
    let headers = held.or(record.response.as_ref());
    match name {
        b"code" => number(match held {
            Some(held) => std::str::from_utf8(held.get(b":status")?).ok()?.parse().ok()?,
            None => record.status()?.into(),
        }),
        b"code_details" => text(record.details.as_deref()?),
        b"flags" => count(u64::from(record.flags.bits())),
        b"size" => count(record.sent),
        b"total_size" => {
            let bytes = |it: Option<&Headers>| it.map_or(0, Headers::bytes) as u64;
            count(record.sent + bytes(headers) + bytes(record.response_trailers.as_ref()))
        }
        b"grpc_status" => {
            let trailers = record.response_trailers.as_ref();
            let status = trailers.and_then(|it| it.get(b"grpc-status")).or_else(|| headers?.get(b"grpc-status"))?;
            number(std::str::from_utf8(status).ok()?.parse().ok()?)
        }
        b"backend_latency" => Some(Attribute::Duration(nanoseconds(record.upstream_took?))),
        b"headers" => in_map(headers, key),
        b"trailers" => in_map(record.response_trailers.as_ref(), key),
        _ => None,
    }
}

fn connection(record: &Record, name: &[u8]) -> Value {
    match name {
        b"id" => unsigned(record.peer.id),
        b"mtls" => Some(Attribute::Flag(false)),
        _ => None,
    }
}

fn address(address: SocketAddr, name: &[u8]) -> Value {
    match name {
        b"address" => text(&address.to_string()),
        b"port" => number(address.port().into()),
        _ => None,
    }
}

/// One entry of a map of headers, the values of repeated ones joined by commas, or all of them.
fn in_map(headers: Option<&Headers>, key: Option<&[u8]>) -> Value {
    match key {
        Some(key) => headers?.joined(key).map(Attribute::Text),
        None => Some(Attribute::Map(headers.cloned().unwrap_or_default())),
    }
}

fn bytes(bytes: &[u8]) -> Attribute {
    Attribute::Text(bytes.to_vec())
}

fn text(text: &str) -> Value {
    Some(text.into())
}

fn number(number: i64) -> Value {
    Some(Attribute::Int(number))
}

/// Envoy gives counts as whole numbers with a sign.
fn count(number: u64) -> Value {
    Some(Attribute::Int(i64::try_from(number).unwrap_or(i64::MAX)))
}

fn unsigned(number: u64) -> Value {
    Some(Attribute::Uint(number))
}

fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
