//! Where clients connect: accepts connections and hands them to the worker threads in turn.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use super::generation::Generation;
use super::thread::Order;
use crate::accept::accept;
use crate::bootstrap::SocketAddress;
use crate::log::{Component, Level, Log};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// The listeners that accept.
pub(super) struct Listeners {
    open: BTreeMap<String, Open>,
    threads: Rc<Vec<UnboundedSender<Order>>>,
    log: Arc<Log>,
}

struct Open {
    name: String,
    address: SocketAddr,
    accepting: AbortHandle,
}

/// Listeners that are bound and do not accept yet.
pub(super) struct Bound(Vec<(String, String, TcpListener)>);

impl Listeners {
    pub(super) fn new(threads: Vec<UnboundedSender<Order>>, log: Arc<Log>) -> Self {
        Self { open: BTreeMap::new(), threads: Rc::new(threads), log }
    }

    /// Takes the ports of those listeners that are not open yet.
    ///
    /// # Errors
    /// When a port cannot be had; those of other new listeners are given back.
    pub(super) fn bind(&self, generation: &Generation) -> Result<Bound, String> {
        let new = generation.listeners.iter().filter(|it| !self.open.contains_key(&it.key));
        let bound = new.map(|it| {
            let listener = listen(&it.listener.address).map_err(|error| {
                let hint = self.hint(it.listener.address.port);
                format!("listener {:?}: {} cannot be bound: {error}{hint}", it.listener.name, it.listener.address)
            })?;
            Ok((it.key.clone(), it.listener.name.clone(), listener))
        });
        bound.collect::<Result<_, String>>().map(Bound)
    }

    /// Why a port that this gateway has itself cannot be bound once more.
    fn hint(&self, port: u16) -> String {
        let own = self.open.values().map(|open| open.address).find(|address| address.port() == port);
        own.map_or_else(String::new, |address| {
            format!("; this gateway listens at {address} itself, so a change of the IP address takes a restart")
        })
    }

    /// Accepts on new listeners, and no more on those that this configuration does not have.
    pub(super) fn switch(&mut self, generation: &Generation, bound: Bound) {
        self.open.retain(|key, open| {
            let kept = generation.listeners.iter().find(|it| it.key == *key);
            match kept {
                Some(kept) => open.name.clone_from(&kept.listener.name),
                None => open.accepting.abort(),
            }
            kept.is_some()
        });
        for (key, name, listener) in bound.0 {
            let Ok(address) = listener.local_addr() else { continue };
            let accepting = serve(listener, key.clone(), Rc::clone(&self.threads), Arc::clone(&self.log));
            let accepting = tokio::task::spawn_local(accepting).abort_handle();
            self.open.insert(key, Open { name, address, accepting });
        }
    }

    /// Names and addresses, with the ports that the system chose.
    pub(super) fn addresses(&self) -> Vec<(String, SocketAddr)> {
        self.open.values().map(|open| (open.name.clone(), open.address)).collect()
    }

    /// Accepts no more.
    pub(super) fn close(&mut self) {
        for open in std::mem::take(&mut self.open).into_values() {
            open.accepting.abort();
        }
    }
}

/// Listens at an address.
pub(super) fn listen(address: &SocketAddress) -> std::io::Result<TcpListener> {
    let Some(ip) = address.ip() else { return Err(std::io::Error::other("it is a name, not an IP address")) };
    let socket = if ip.is_ipv6() { TcpSocket::new_v6() } else { TcpSocket::new_v4() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::new(ip, address.port))?;
    socket.listen(BACKLOG)
}

async fn serve(listener: TcpListener, key: String, threads: Rc<Vec<UnboundedSender<Order>>>, log: Arc<Log>) {
    let failed = |error| {
        let text = format_args!("a connection cannot be accepted: {error}");
        log.write(Component::Connection, Level::Warn, text);
    };
    for thread in threads.iter().cycle() {
        let (stream, remote) = accept(&listener, failed).await;
        if let Ok(stream) = stream.into_std() {
            // A thread that is gone serves nobody; the gateway is about to end.
            let _ = thread.send(Order::Serve { key: key.clone(), stream, remote });
        }
    }
}
