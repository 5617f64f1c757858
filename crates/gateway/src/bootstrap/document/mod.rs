//! Reads a configuration file strictly: every field is asked for by name, and what nobody asked for is a fault.
//!
//! Readers never stop at a fault: they note it in the [`Report`] and go on with a stand-in, so that one run shows every
//! fault. The value that comes out counts only when the report has no fault.

mod fault;
mod json;
mod message;
mod node;
mod scalar;
mod text;

pub(crate) use fault::Report;
pub use fault::{Accepted, Fault, Faults};
pub(crate) use message::Message;
pub(crate) use node::Node;
pub(crate) use text::{did_you_mean, parse};
