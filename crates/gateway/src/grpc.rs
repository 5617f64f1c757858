//! A gRPC call or stream of a plugin: what is asked of a service, and what comes back.

use std::time::Duration;

use crate::headers::Headers;

/// A gRPC call or stream of a plugin.
#[derive(Clone, Debug)]
pub struct GrpcCall {
    /// Name of the cluster, exactly as the plugin wrote it.
    pub cluster: String,
    /// What the service is asked as; `None` is the name of the cluster.
    pub authority: Option<String>,
    /// Full name of the service, such as `shop.Prices`.
    pub service: String,
    /// Name of the method.
    pub method: String,
    /// Headers besides those of gRPC itself.
    pub metadata: Headers,
    /// What is asked: the only message of a call, or a stream of messages that come later.
    pub asked: GrpcAsked,
    /// The bytes that one message of the service may have.
    pub most: Option<usize>,
}

/// What is asked of a method.
#[derive(Clone, Debug)]
pub enum GrpcAsked {
    /// One message, for which one comes back.
    Call {
        /// As the plugin encoded it.
        message: Vec<u8>,
        /// Until the answer is whole; zero is no limit.
        timeout: Duration,
    },
    /// Any number of messages, both ways.
    Stream,
}

/// Something that came back of a gRPC call or stream.
#[derive(Clone, Debug)]
pub enum GrpcNews {
    /// The headers of a stream's response.
    Headers(Headers),
    /// A message.
    Message(Vec<u8>),
    /// The trailers of a stream's response.
    Trailers(Headers),
    /// The end, in gRPC's numbers; of a call only when it failed.
    Closed {
        /// 0 is good.
        status: u32,
        /// As the service wrote it, percent-encoded, and the response code's details.
        message: String,
    },
}

/// Kinds of calls share the space of tokens by their two lowest bits: whether it is that of a gRPC call.
pub(crate) fn is_call(token: u32) -> bool {
    token & 3 == 1
}

/// Whether it is the token of a gRPC stream.
pub(crate) fn is_stream(token: u32) -> bool {
    token & 3 == 2
}
