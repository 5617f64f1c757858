//! Envoy's foreign function `set_envoy_filter_state`: values under keys that parts of Envoy read.
//!
//! None of those parts is here, but what is set can be read as Envoy shows it: the property `filter_state`, expressions
//! and the access log.

use std::net::{IpAddr, SocketAddr};

use super::protobuf::{Value, fields};
use crate::abi::Status;
use crate::attribute::Attribute;
use crate::headers::Headers;
use crate::state::Span;
use crate::vm::guest::Guest;

/// What may stand under a key, and what it becomes.
enum Kind {
    Text,
    SomeText,
    /// Only `true` is true.
    Exactly,
    Flag,
    /// A whole number up to this.
    Number(u64),
    Ip,
    /// An IP address with a port. It is shown as an empty message.
    Address,
    /// Taken, and shown nowhere.
    Hidden,
}

/// Sets a value at the exchange of the effective context.
///
/// # Errors
/// [`Status::BadArgument`] where the argument is no `SetEnvoyFilterStateArguments` or the value does not fit the key,
/// [`Status::NotFound`] where nobody reads that key or there is no exchange.
pub(super) fn set(guest: &mut Guest, argument: &[u8]) -> Result<(), Status> {
    let (mut key, mut value, mut span) = ("", "", Span::default());
    for field in fields(argument).ok_or(Status::BadArgument)? {
        match field {
            (1, Value::Bytes(bytes)) => key = std::str::from_utf8(bytes).map_err(|_| Status::BadArgument)?,
            (2, Value::Bytes(bytes)) => value = std::str::from_utf8(bytes).map_err(|_| Status::BadArgument)?,
            (3, Value::Number(number)) => span = Span::numbered(number),
            _ => {}
        }
    }
    let shown = kind(key).ok_or(Status::NotFound)?.read(value).ok_or(Status::BadArgument)?;
    let stream = guest.stream(Status::NotFound)?;
    match shown {
        Shown::As(value) => stream.exchange.set_state(key.as_bytes(), value, span),
        Shown::Nowhere => Ok(()),
    }
}

/// The keys that Envoy 1.40 knows, but for two of protocols that are not here.
fn kind(key: &str) -> Option<Kind> {
    Some(match key {
        "envoy.string"
        | "envoy.hashable_string"
        | "envoy.network.network_namespace"
        | "envoy.network.upstream_server_name"
        | "envoy.network.upstream_subject_alt_names"
        | "envoy.tcp_proxy.cluster"
        | "envoy.upstream.dynamic_host" => Kind::Text,
        "envoy.ai.model.request" => Kind::SomeText,
        "envoy.tcp_proxy.disable_tunneling" => Kind::Exactly,
        "envoy.bool" => Kind::Flag,
        "envoy.ratelimit.hits_addend" | "envoy.upstream.dynamic_port" => Kind::Number(u64::from(u32::MAX)),
        "envoy.tcp_proxy.per_connection_idle_timeout_ms" => Kind::Number(u64::MAX),
        "envoy.network.ip" => Kind::Ip,
        "envoy.filters.listener.original_dst.local_ip"
        | "envoy.filters.listener.original_dst.remote_ip"
        | "envoy.network.transport_socket.original_dst_address" => Kind::Address,
        "envoy.network.application_protocols" | "envoy.router.debug_config" => Kind::Hidden,
        _ => return None,
    })
}

enum Shown {
    As(Attribute),
    Nowhere,
}

impl Kind {
    /// What Envoy shows of a value; `None` where it does not take it.
    fn read(&self, value: &str) -> Option<Shown> {
        let text = match self {
            Self::Text => value.to_owned(),
            Self::SomeText if value.is_empty() => return None,
            Self::SomeText => value.to_owned(),
            Self::Exactly => (value == "true").to_string(),
            Self::Flag => flag(value)?.to_string(),
            Self::Number(most) => {
                let number: u64 = value.trim().parse().ok()?;
                (number <= *most).then_some(number)?.to_string()
            }
            Self::Ip => SocketAddr::new(value.parse::<IpAddr>().ok()?, 0).to_string(),
            Self::Address => {
                value.parse::<SocketAddr>().ok()?;
                return Some(Shown::As(Attribute::Map(Headers::default())));
            }
            Self::Hidden => return Some(Shown::Nowhere),
        };
        // In expressions these are bytes.
        Some(Shown::As(text.into_bytes().into()))
    }
}

fn flag(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}
