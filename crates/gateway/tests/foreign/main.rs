//! Envoy's foreign functions, called by a small guest that is the same on both engines.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic with a clear text is how a failed test is told"
)]

mod caller;
mod expressions;
mod filter_state;
mod message;
mod properties;
mod signatures;
