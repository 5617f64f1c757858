//! One address of a cluster, with the connections to it that wait for their next request.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::sync::Arc;

use hyper::client::conn::{http1, http2};

use super::wire::{Trailing, Turn};
use super::{RequestBody, UpstreamError};

/// The most connections of one thread that may wait at one host; a gateway sets no bound but time.
const MOST_IDLE: usize = 128;

/// One address that requests can be sent to.
#[derive(Debug)]
pub struct Host {
    address: SocketAddr,
    hostname: String,
    /// Oldest first; the newest is used next, for it is the least likely to have been closed.
    idle: RefCell<VecDeque<Connection>>,
    pub(super) http2: tokio::sync::Mutex<Option<http2::SendRequest<RequestBody>>>,
    /// How often connecting for HTTP/2 has failed, and why the last time.
    pub(super) http2_failures: RefCell<(u64, Option<UpstreamError>)>,
    active: Cell<usize>,
}

/// An HTTP/1.1 connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) sender: http1::SendRequest<Trailing<RequestBody>>,
    pub(super) turn: Arc<Turn>,
    /// A second handle of its socket, to ask the system whether the host has closed it.
    pub(super) socket: TcpStream,
}

/// A request under way at a host.
#[derive(Debug)]
pub(super) struct Active(Rc<Host>);

// === impl Host ===

impl Host {
    pub(super) fn new(address: SocketAddr, hostname: String) -> Self {
        Self {
            address,
            hostname,
            idle: RefCell::default(),
            http2: tokio::sync::Mutex::default(),
            http2_failures: RefCell::default(),
            active: Cell::new(0),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What `auto_host_rewrite` sets.
    pub fn hostname(&self) -> &str {
        &self.hostname
    }

    /// Requests of this thread that the host has not answered yet: over HTTP/1.1 whole, over HTTP/2 with a head.
    pub fn active(&self) -> usize {
        self.active.get()
    }

    pub(super) fn begin(self: &Rc<Self>) -> Active {
        self.active.set(self.active.get() + 1);
        Active(Rc::clone(self))
    }

    /// A connection that is open as far as this machine can know.
    pub(super) fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        std::iter::from_fn(|| idle.pop_back()).find(Connection::is_open)
    }

    /// Keeps a connection for the next request, once its answer has been read whole.
    pub(super) async fn keep(self: Rc<Self>, mut connection: Connection) {
        if connection.sender.ready().await.is_err() {
            return;
        }
        let mut idle = self.idle.borrow_mut();
        if idle.len() >= MOST_IDLE {
            idle.pop_front();
        }
        idle.push_back(connection);
    }
}

// === impl Connection ===

impl Connection {
    /// The HTTP library learns of an end only when its task runs; until then it would send a request into the void,
    /// which is told as a reset and cannot be taken back.
    fn is_open(&self) -> bool {
        let silent = |error: std::io::Error| error.kind() == ErrorKind::WouldBlock;
        // What comes while nothing was asked, and be it the end, makes it useless.
        self.sender.is_ready() && self.socket.peek(&mut [0]).is_err_and(silent)
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.0.active.set(self.0.active.get().saturating_sub(1));
    }
}
