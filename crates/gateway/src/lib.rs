//! A proxy-wasm host with Higress's extensions: loads any plugin module and runs it as a gateway would.
//!
//! It is a tool for people who write plugins and for their tests, not a product for production. What follows is the
//! README.
#![doc = include_str!("../README.md")]

mod abi;
mod accept;
pub mod admin;
mod attribute;
pub mod bootstrap;
mod calls;
pub mod cluster;
pub mod command;
pub mod doctor;
mod engine;
mod exchange;
mod expression;
mod grpc;
mod headers;
pub mod httpbin;
pub mod inspector;
mod limits;
pub mod log;
mod memory;
mod module;
mod pairs;
mod process;
pub mod redis;
mod server;
pub mod services;
mod signature;
mod state;
mod stream;
pub mod trace;
mod vm;
pub mod wasm_plugin;
mod worker;
mod world;

pub use abi::{Direction, Status};
pub use attribute::Attribute;
pub use engine::Engine;
pub use exchange::{Exchange, Facts, Held};
pub use grpc::{GrpcAsked, GrpcCall, GrpcNews};
pub use headers::Headers;
pub use limits::Limits;
pub use module::{AbiVersion, Module, Refusal};
pub use process::{Faults, MetricKind, Metrics, Process, Queues, SharedData};
pub use state::Span;
pub use stream::{LocalReply, Pass};
pub use vm::{Crash, Effects, LogView, Plugin, RootId, StartError, StreamId, Vm, VmSettings};
pub use worker::{Canary, ExchangeId, Filter, Line, MachineId, Message, NotStarted, Output, Outputs, Rejected, Worker};
pub use world::{HttpAnswer, HttpCall, LogLine, RedisSettings, Refused, World};
