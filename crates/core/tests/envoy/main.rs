//! What core promises, on a real Envoy: the examples run there, and client, upstream and log say what came of it.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed expectation is a test's way to speak"
)]

mod body_first;
mod call_failures;
mod calls;
mod departures;
mod end;
mod examples;
mod header_states;
mod hooks;
mod replies;
mod request_bodies;
mod request_body;
mod request_headers;
mod response_body;
mod response_headers;
mod stage;
mod state;
mod time;
mod tools_table;
mod two_filters;
