//! A raw HTTP client: whatever bytes, repetitions, pauses and departures a test wants, always under a deadline.

mod connection;
mod http2;
mod reply;
mod request;

pub use connection::Connection;
pub(crate) use http2::{from_header_map, to_header_map};
pub use reply::{Incomplete, Reply};
pub use request::Request;
