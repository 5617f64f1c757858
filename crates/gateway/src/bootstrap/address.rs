//! Socket addresses of listeners and endpoints.

use std::fmt;
use std::net::IpAddr;

use super::document::Node;

/// A host and a port, as the file has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketAddress {
    /// An IP address or, where names are resolved, a name.
    pub host: String,
    /// The port; 0 lets the system choose one for a listener.
    pub port: u16,
}

impl SocketAddress {
    /// The host as an IP address, unless it is a name.
    pub fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// Reads an `Address`.
    pub(super) fn read(node: &Node<'_>) -> Self {
        node.message(|address| {
            address.refuse(&["pipe", "envoy_internal_address"], "use `socket_address`");
            address.need("socket_address").message(|socket| {
                if let Some(protocol) = socket.get("protocol") {
                    protocol.one_of(&[("TCP", ())]);
                }
                socket.refuse(&["named_port", "resolver_name", "network_namespace_filepath"], "use `port_value`");
                Self { host: socket.need("address").name(), port: port(&socket.need("port_value")) }
            })
        })
    }

    /// Reads an `Address` whose host is not resolved; there it must be an IP address.
    pub(super) fn read_ip(node: &Node<'_>) -> Self {
        let address = Self::read(node);
        if !address.host.is_empty() && address.ip().is_none() {
            node.fault(format!("found the name {:?}, supported: an IP address", address.host));
        }
        address
    }
}

fn port(node: &Node<'_>) -> u16 {
    node.whole(0, u16::MAX.into()).try_into().unwrap_or_default()
}

impl fmt::Display for SocketAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(out, "[{}]:{}", self.host, self.port)
        } else {
            write!(out, "{}:{}", self.host, self.port)
        }
    }
}
