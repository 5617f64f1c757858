//! gRPC calls and streams to clusters.

use std::time::Duration;

use super::protobuf::{Value, fields};
use super::redis::refused;
use crate::abi::Status;
use crate::grpc::{GrpcAsked, GrpcCall, is_call, is_stream};
use crate::headers::Headers;
use crate::memory::{Call, Outcome};
use crate::pairs;
use crate::trace::Service;
use crate::vm::guest::OpenGrpc;
use crate::world::Refused;

/// Kinds of calls share the space of tokens by their two lowest bits; gRPC calls have 1, streams 2.
const STEP: u32 = 4;
/// The streams that a guest may leave unclosed after their service has closed them. A gateway has no bound.
const MOST_LEFT: usize = 4_096;

const WARN: u32 = 3;

/// Whom a guest wants to ask.
struct Target {
    cluster: String,
    authority: Option<String>,
    metadata: Headers,
    most: Option<usize>,
    /// Written as the message `envoy.config.core.v3.GrpcService`, instead of the cluster's name alone.
    is_message: bool,
    /// A name that can be read as such a message.
    is_accident: bool,
}

#[allow(clippy::too_many_arguments, reason = "the ABI gives the call these arguments")]
pub(super) fn call(
    call: &mut Call<'_>,
    target: u32,
    target_size: u32,
    service: u32,
    service_size: u32,
    method: u32,
    method_size: u32,
    metadata: u32,
    metadata_size: u32,
    message: u32,
    message_size: u32,
    timeout: u32,
    out: u32,
) -> Outcome {
    let (target, metadata) = (call.bytes(target, target_size)?, call.bytes(metadata, metadata_size)?);
    let (service, method) = (call.text(service, service_size)?, call.text(method, method_size)?);
    let message = call.bytes(message, message_size)?;
    let asked = GrpcAsked::Call { message, timeout: Duration::from_millis(timeout.into()) };
    open(call, &target, service, method, &metadata, asked, out)
}

#[allow(clippy::too_many_arguments, reason = "the ABI gives the call these arguments")]
pub(super) fn stream(
    call: &mut Call<'_>,
    target: u32,
    target_size: u32,
    service: u32,
    service_size: u32,
    method: u32,
    method_size: u32,
    metadata: u32,
    metadata_size: u32,
    out: u32,
) -> Outcome {
    let (target, metadata) = (call.bytes(target, target_size)?, call.bytes(metadata, metadata_size)?);
    let (service, method) = (call.text(service, service_size)?, call.text(method, method_size)?);
    open(call, &target, service, method, &metadata, GrpcAsked::Stream, out)
}

fn open(
    call: &mut Call<'_>,
    target: &[u8],
    service: String,
    method: String,
    metadata: &[u8],
    asked: GrpcAsked,
    out: u32,
) -> Outcome {
    let Some(target) = Target::read(target) else {
        call.guest().log(
            WARN,
            "a gRPC service is named by its cluster, or by a GrpcService message with `envoy_grpc`; `google_grpc` is \
             not there",
        );
        return Err(Status::BadArgument.into());
    };
    // The place for the token is tried before anything is sent.
    call.write_u32(out, 0)?;
    let guest = call.guest();
    if target.is_accident {
        let text = format!(
            "the cluster's name {:?} can be read as a GrpcService message without a service, on which Envoy ends its \
             process; name the cluster in such a message, as its `envoy_grpc`",
            target.cluster
        );
        guest.log(WARN, &text);
    }
    let mut headers = target.metadata;
    for (name, value) in pairs::decode(metadata).iter() {
        headers.add(name, value);
    }
    let (root, last) = match asked {
        GrpcAsked::Call { .. } => (guest.root(), &mut guest.last_grpc_call),
        GrpcAsked::Stream => (guest.root(), &mut guest.last_grpc_stream),
    };
    *last = last.wrapping_add(STEP);
    let token = *last;
    let request = GrpcCall {
        cluster: target.cluster,
        authority: target.authority,
        service,
        method,
        metadata: headers,
        asked,
        most: target.most,
    };
    let record = guest.record_call(&Service::Grpc(&request));
    guest.world.grpc_open(token, request).map_err(|why| match (why, refused(why, record.as_ref())) {
        // Envoy has these two words for a cluster that it does not know.
        (Refused::UnknownCluster, _) if target.is_message => Status::InternalFailure,
        (Refused::UnknownCluster, _) => Status::ParseFailure,
        (_, status) => status,
    })?;
    guest.running.started(token, record);
    if guest.grpc.len() >= MOST_LEFT {
        guest.grpc.retain(|_, call| !call.closed_there);
    }
    guest.grpc.insert(token, OpenGrpc { root, closed_here: false, closed_there: false });
    call.write_u32(out, token)
}

pub(super) fn send(call: &mut Call<'_>, token: u32, message: u32, size: u32, end: u32) -> Outcome {
    let message = call.bytes(message, size)?;
    if !is_stream(token) {
        return Err(Status::BadArgument.into());
    }
    let guest = call.guest();
    let stream = guest.grpc.get(&token).ok_or(Status::NotFound)?;
    if !stream.closed_here && !stream.closed_there {
        guest.world.grpc_send(token, Some(message), end != 0).map_err(|why| refused(why, None))?;
    }
    Ok(())
}

/// Closes the guest's side of a stream, which goes on the other way; a call is broken off.
pub(super) fn close(call: &mut Call<'_>, token: u32) -> Outcome {
    if is_call(token) {
        return cancel(call, token);
    }
    if !is_stream(token) {
        return Err(Status::BadArgument.into());
    }
    let guest = call.guest();
    let stream = guest.grpc.get_mut(&token).ok_or(Status::NotFound)?;
    if stream.closed_there {
        guest.grpc.remove(&token);
    } else if !std::mem::replace(&mut stream.closed_here, true) {
        guest.world.grpc_send(token, None, true).map_err(|why| refused(why, None))?;
    }
    Ok(())
}

pub(super) fn cancel(call: &mut Call<'_>, token: u32) -> Outcome {
    if !is_call(token) && !is_stream(token) {
        return Err(Status::BadArgument.into());
    }
    let guest = call.guest();
    guest.grpc.remove(&token).ok_or(Status::NotFound)?;
    guest.world.grpc_cancel(token);
    guest.running.cancelled(token);
    Ok(())
}

impl Target {
    /// `None` when it is the message and names no cluster of this gateway.
    fn read(bytes: &[u8]) -> Option<Self> {
        let plain = || Self {
            cluster: String::from_utf8_lossy(bytes).into_owned(),
            authority: None,
            metadata: Headers::default(),
            most: None,
            is_message: false,
            is_accident: false,
        };
        let Some(service) = fields(bytes) else { return Some(plain()) };
        let mut target = Self { cluster: String::new(), is_message: true, ..plain() };
        for field in service {
            match field {
                (1, Value::Bytes(envoy)) => target.read_envoy(envoy)?,
                (2, _) => return None,
                (5, Value::Bytes(header)) => target.read_header(header)?,
                _ => {}
            }
        }
        Some(if target.cluster.is_empty() { Self { is_accident: true, ..plain() } } else { target })
    }

    /// `GrpcService.EnvoyGrpc`.
    fn read_envoy(&mut self, envoy: &[u8]) -> Option<()> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        for field in fields(envoy)? {
            match field {
                (1, Value::Bytes(name)) => self.cluster = text(name),
                (2, Value::Bytes(authority)) if !authority.is_empty() => self.authority = Some(text(authority)),
                (4, Value::Bytes(most)) => {
                    let numbers = fields(most)?;
                    self.most = Some(numbers.iter().fold(0, |last, field| match field {
                        (1, Value::Number(number)) => usize::try_from(*number).unwrap_or(usize::MAX),
                        _ => last,
                    }));
                }
                _ => {}
            }
        }
        Some(())
    }

    /// `HeaderValue`.
    fn read_header(&mut self, header: &[u8]) -> Option<()> {
        let (mut name, mut value) = (&b""[..], &b""[..]);
        for field in fields(header)? {
            match field {
                (1, Value::Bytes(bytes)) => name = bytes,
                (2 | 3, Value::Bytes(bytes)) => value = bytes,
                _ => {}
            }
        }
        self.metadata.add(name, value);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_named_plainly_or_by_a_message() {
        let plain = Target::read(b"outbound|50051||prices.dns").unwrap();
        assert_eq!((plain.cluster.as_str(), plain.is_message), ("outbound|50051||prices.dns", false));
        let message = Target::read(
            b"\x0a\x13\x0a\x06prices\x12\x04auth\x22\x03\x08\x80\x01\x1a\x02\x08\x05\x2a\x0c\x0a\x05x-key\x12\x03abc",
        )
        .unwrap();
        assert_eq!((message.cluster.as_str(), message.authority.as_deref()), ("prices", Some("auth")));
        assert_eq!(
            (message.most, message.metadata.get(b"x-key"), message.is_message),
            (Some(128), Some(&b"abc"[..]), true)
        );
        // An `a` says that eight bytes of an unknown field follow.
        let accident = Target::read(b"auth-grpc").unwrap();
        assert_eq!((accident.cluster.as_str(), accident.is_accident), ("auth-grpc", true));
        assert!(!plain.is_accident && !message.is_accident);
        assert!(Target::read(b"\x12\x03\x0a\x01x").is_none(), "google_grpc");
    }

    #[test]
    fn every_cut_of_a_message_is_a_name_or_refused() {
        let message = b"\x0a\x13\x0a\x06prices\x12\x04auth\x22\x03\x08\x80\x01\x2a\x0c\x0a\x05x-key\x12\x03abc";
        for end in 0..message.len() {
            if let Some(target) = Target::read(&message[..end]) {
                assert!(target.cluster == "prices" || !target.is_message, "cut at {end}");
            }
        }
    }
}
