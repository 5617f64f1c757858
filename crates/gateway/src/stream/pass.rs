//! What leaves one plugin for the next one, the upstream or the client.

use crate::abi::Direction;
use crate::headers::Headers;

/// Something that the proxy has to do with an exchange, in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pass {
    /// The headers go on.
    Headers {
        /// Which way.
        direction: Direction,
        /// As the plugin left them.
        headers: Headers,
        /// Nothing follows.
        end: bool,
    },
    /// A piece of the body goes on.
    Data {
        /// Which way.
        direction: Direction,
        /// May be empty when it only ends the body.
        bytes: Vec<u8>,
        /// Nothing follows.
        end: bool,
    },
    /// The trailers go on, and end this direction.
    Trailers {
        /// Which way.
        direction: Direction,
        /// As the plugin left them.
        trailers: Headers,
    },
    /// Stop or go on reading this direction's body from its source.
    Watermark {
        /// Which way.
        direction: Direction,
        /// `true`: the buffer is full, stop reading.
        full: bool,
    },
    /// Answer the client with this, through the response phases of all plugins. Request data of this exchange ends here.
    Reply(LocalReply),
    /// Answer the client with this as it is: the response had begun, so its phases are over.
    DirectReply(LocalReply),
    /// The exchange cannot be answered any more: close it abruptly.
    Reset,
}

/// An answer that does not come from an upstream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalReply {
    /// HTTP status.
    pub status: u32,
    /// For `%RESPONSE_CODE_DETAILS%`; no white space in it.
    pub details: String,
    /// Added to those that the gateway writes itself.
    pub headers: Headers,
    /// May be empty.
    pub body: Vec<u8>,
    /// `None`: derived from the status when the client speaks gRPC.
    pub grpc_status: Option<i32>,
}
