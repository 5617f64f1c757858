//! Listeners: where clients connect.

use super::address::SocketAddress;
use super::any::{self, Type};
use super::document::{Message, Node};
use super::manager::{self, HttpConnectionManager};

/// A place where clients connect.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Its name; empty when the file gives none.
    pub name: String,
    /// Where it listens.
    pub address: SocketAddress,
    /// How many bytes of a body may wait in the buffers of a connection or stream; 0 is no limit.
    pub buffer_limit: u32,
    /// What happens to the requests.
    pub manager: HttpConnectionManager,
}

impl Listener {
    /// Reads one listener; `None` after a fault.
    pub(super) fn read(listener: &Message<'_>) -> Option<Self> {
        listener.refuse(&["default_filter_chain"], "every connection takes the one in `filter_chains`");
        listener.refuse(&["listener_filters", "listener_filters_timeout"], "connections are taken as they come");
        listener.ignore(&["traffic_direction", "stat_prefix"], "only statistics would show it");
        let name = listener.get("name").map(|it| it.text()).unwrap_or_default();
        let address = SocketAddress::read_ip(&listener.need("address"));
        let buffer_limit =
            listener.get("per_connection_buffer_limit_bytes").map_or(super::DEFAULT_BUFFER_LIMIT, |it| it.unsigned());
        let chains = listener.need("filter_chains");
        let manager = only(&chains, "filter chain", read_chain)?;
        Some(Self { name, address, buffer_limit, manager })
    }
}

fn read_chain(chain: &Message<'_>) -> Option<HttpConnectionManager> {
    chain.get("name").map(|it| it.text());
    chain.refuse(&["filter_chain_match"], "every connection takes the only filter chain");
    chain.refuse(&["transport_socket", "tls_context"], "clients speak clear text");
    only(&chain.need("filters"), "network filter", |filter| {
        filter.need("name").name();
        filter.refuse(&["config_discovery"], "give the configuration in `typed_config`");
        let types = [Type { name: manager::TYPE, read: &|it| HttpConnectionManager::read(it) }];
        any::read(&filter.need("typed_config"), &types)
    })
}

/// The only entry of a list. All entries are read, so that the faults of each are known.
fn only<T>(list: &Node<'_>, what: &str, read: impl Fn(&Message<'_>) -> Option<T>) -> Option<T> {
    let items = list.items();
    if items.len() != 1 {
        list.fault(format!("found {} entries, supported: exactly one {what}", items.len()));
    }
    let read: Vec<_> = items.iter().map(|item| item.message(&read)).collect();
    read.into_iter().next().flatten()
}
