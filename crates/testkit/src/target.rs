//! Where a cluster leads: a live server, a port that refuses, or nowhere.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use socket2::{Domain, Socket, Type};

use crate::{Httpbin, Redis, Upstream};

/// The protocol a gateway speaks to a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2 in clear text with prior knowledge.
    Http2,
}

/// The endpoint of a cluster.
#[derive(Clone, Debug)]
pub enum Target {
    /// A server that listens.
    Server {
        /// Where it listens.
        address: SocketAddr,
        /// What it speaks.
        protocol: Protocol,
    },
    /// A port that refuses every connection; see [`Target::refused`].
    Refused(Arc<RefusedPort>),
    /// The cluster exists but has no endpoint at all.
    NoEndpoints,
}

impl Target {
    /// A port that is taken but never listens, so connections to it are refused and nobody else can get it.
    pub fn refused() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a TCP socket");
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&any_port.into()).expect("a free local port");
        Self::Refused(Arc::new(RefusedPort(socket)))
    }

    /// Address and protocol of the endpoint; `None` without one.
    pub fn endpoint(&self) -> Option<(SocketAddr, Protocol)> {
        match self {
            Self::Server { address, protocol } => Some((*address, *protocol)),
            Self::Refused(port) => Some((port.address(), Protocol::Http1)),
            Self::NoEndpoints => None,
        }
    }
}

impl From<SocketAddr> for Target {
    fn from(address: SocketAddr) -> Self {
        Self::Server { address, protocol: Protocol::Http1 }
    }
}

impl From<&Upstream> for Target {
    fn from(upstream: &Upstream) -> Self {
        Self::Server { address: upstream.address(), protocol: upstream.protocol() }
    }
}

impl From<&Httpbin> for Target {
    fn from(httpbin: &Httpbin) -> Self {
        httpbin.address().into()
    }
}

impl From<&Redis> for Target {
    fn from(redis: &Redis) -> Self {
        redis.address().into()
    }
}

/// A bound socket that does not listen. The port stays refused while this lives.
#[derive(Debug)]
pub struct RefusedPort(Socket);

impl RefusedPort {
    fn address(&self) -> SocketAddr {
        let address = self.0.local_addr().expect("a bound socket has an address");
        address.as_socket().expect("an IPv4 address")
    }
}
