//! What a worker wants done outside of its plugins.

use super::ExchangeId;
use crate::abi::Direction;
use crate::headers::Headers;

/// What is to be done, in order.
pub type Outputs = Vec<(ExchangeId, Output)>;

/// A part of a request or response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The beginning.
    Headers {
        /// Pseudo headers are among them.
        headers: Headers,
        /// Nothing follows.
        end: bool,
    },
    /// A piece of the body.
    Data {
        /// May be empty.
        bytes: Vec<u8>,
        /// Nothing follows.
        end: bool,
    },
    /// The end, with trailers.
    Trailers(Headers),
}

/// Something to do for an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this to the upstream.
    ToUpstream(Message),
    /// Send this to the client.
    ToClient(Message),
    /// A plugin answers: the upstream is not asked, or no longer listened to. What goes to the client follows.
    Answered,
    /// Stop or go on reading: the client for requests, the upstream for responses.
    Reading {
        /// Whose data it is about.
        direction: Direction,
        /// Whether to stop.
        stop: bool,
    },
    /// Close the exchange abruptly.
    Reset,
}
