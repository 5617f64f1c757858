//! The gateway as a running process: listeners, threads, configurations that take each other's place.
//!
//! The main thread accepts connections, reads configurations and answers the admin port. It hands each connection to
//! the next of the worker threads, where all the rest of it happens.

mod access_log;
mod arrive;
mod connection;
mod exchange;
mod fields;
mod filter;
mod format;
mod generation;
mod header_changes;
mod hop;
mod http_stats;
mod listeners;
mod local_exec;
mod node;
mod plugins;
mod process;
mod reload;
mod site;
mod slot;
mod source;
mod status;
mod thread;
mod watch;

use crate::cluster::BoxError;

pub(crate) use filter::load as load_filter;
pub(crate) use generation::{Refused, Sources};
pub(crate) use process::{Settings, run};
