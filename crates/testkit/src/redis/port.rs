//! A port that stays ours while the server on it is dead.

use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// A local port for a server that comes and goes.
pub(super) struct Port {
    address: SocketAddr,
    _reservation: Option<Socket>,
}

impl Port {
    /// Takes a free one. On Linux a socket that is bound and never listens keeps others away, while a server that sets
    /// `SO_REUSEADDR`, as Redis does, can listen beside it. Elsewhere that combination is refused, so the port is only
    /// known to have been free a moment ago.
    pub(super) fn reserve() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a TCP socket");
        socket.set_reuse_address(true).expect("an option of every TCP socket");
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&any_port.into()).expect("a free local port");
        let address = socket.local_addr().expect("a bound socket has an address");
        let address = address.as_socket().expect("an IPv4 address");
        Self { address, _reservation: cfg!(target_os = "linux").then_some(socket) }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}
