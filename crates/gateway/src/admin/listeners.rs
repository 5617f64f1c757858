//! The listeners as `/listeners` shows them.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{Reply, address_json};

/// A listener that is bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerStatus {
    /// Its name in the configuration.
    pub name: String,
    /// Where it listens, with the port that the system chose if none was wanted.
    pub address: SocketAddr,
}

pub(super) fn page(listeners: &[ListenerStatus], json: bool) -> Reply {
    if json {
        let status = |it: &ListenerStatus| json!({ "name": it.name, "local_address": address_json(it.address) });
        Reply::json(&json!({ "listener_statuses": listeners.iter().map(status).collect::<Vec<Value>>() }))
    } else {
        let line = |it: &ListenerStatus| format!("{}::{}\n", it.name, it.address);
        Reply::text(listeners.iter().map(line).collect::<String>())
    }
}
