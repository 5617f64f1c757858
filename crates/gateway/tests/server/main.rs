//! The program `gateway`, started as people start it: what client, upstream and log see.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic with a clear text is how a failed test is told"
)]

mod admin;
mod departures;
mod files;
mod idle;
mod protocols;
mod proxying;
mod reload;
mod routes;
mod running;
mod start;
mod streaming;
mod wasm;
