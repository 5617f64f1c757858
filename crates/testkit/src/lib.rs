//! Scenarios for gateway plugins: real gateways, fake upstreams and a raw HTTP client, all on free local ports.
//!
//! A test describes a [`Gateway`], starts it, sends requests and looks at what client, upstream and log saw.
//! Everything is bounded in time and ends with the value that started it. What follows is the README.
#![doc = include_str!("../README.md")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this crate runs only inside tests, where a panic with a clear text is how a failure is told"
)]

mod body;
mod broken;
mod client;
mod console;
mod engine;
mod gateway;
mod headers;
mod httpbin;
mod message;
mod plugin;
mod process;
mod redis;
mod running;
mod scenario;
mod secret;
mod stats;
mod target;
mod upstream;
mod wait;
mod wire;
mod workspace;

pub use broken::Broken;
pub use client::{Connection, Incomplete, Reply, Request};
pub use console::{curl_i, prove_console};
pub use engine::{Engine, Refusal, Shared, refused_by_envoy, run_scenario};
pub use gateway::Gateway;
pub use headers::Headers;
pub use httpbin::Httpbin;
pub use plugin::{Configuration, Plugin};
pub use redis::{Redis, RedisCommand, RedisOptions, RedisReply};
pub use running::RunningGateway;
pub use scenario::{Cluster, Filter, HeaderLimits, Route, Scenario, VirtualHost};
pub use secret::SECRET;
pub use stats::Stats;
pub use target::{Protocol, Target};
pub use testkit_macros::scenario;
pub use upstream::{Answer, Fault, Seen, Upstream};
pub use wait::eventually;
