//! Clusters, the outside of machines, Redis and the admin server, against real sockets.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic with a clear text is how a failed test is told"
)]

mod admin;
mod calls;
mod cluster;
mod grpc;
mod kept;
mod names;
mod redis;
mod redis_faults;
mod stage;
mod ticks;
mod trailers;
mod upgrade;
