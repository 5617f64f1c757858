//! Clusters of one worker thread: named hosts, and HTTP requests and connections to them.

mod balance;
mod connect;
mod error;
mod head;
mod host;
mod http1;
mod http2;
mod names;
mod request;
mod wire;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use tokio::net::TcpStream;
use tokio::sync::Notify;

pub(crate) use connect::connect;
pub use error::UpstreamError;
pub use head::WireOrder;
pub use host::Host;
pub use request::Answered;
pub use wire::{Trailing, Turn, Wire};

use crate::bootstrap::{self, Discovery};
use crate::log::{Component, Level, Log};

/// What a body may fail with.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// The body of a request to a service.
pub type RequestBody = BoxBody<Bytes, BoxError>;

/// The clusters of one worker thread by name.
#[derive(Debug, Default)]
pub struct Clusters(RefCell<HashMap<String, Rc<Cluster>>>);

/// A named group of hosts, as one worker thread sees it. Connections are not shared between threads.
#[derive(Debug)]
pub struct Cluster {
    settings: bootstrap::Cluster,
    hosts: RefCell<Vec<Rc<Host>>>,
    /// Where the next request goes when each host has its turn.
    next: Cell<usize>,
    resolved: Cell<bool>,
    resolving: Notify,
    /// Names that have no address now, with the reason that was logged.
    unresolved: RefCell<HashMap<String, String>>,
    log: Arc<Log>,
}

// === impl Clusters ===

impl Clusters {
    /// Makes clusters, and begins to resolve the names in them. Must be called inside a `LocalSet`.
    pub fn new(clusters: &[bootstrap::Cluster], log: &Arc<Log>) -> Rc<Self> {
        let made = Rc::<Self>::default();
        made.configure(clusters, log);
        made
    }

    /// Has these clusters from now on, as [`Clusters::next`] makes them. Must be called inside a `LocalSet`.
    pub fn configure(&self, clusters: &[bootstrap::Cluster], log: &Arc<Log>) {
        self.put(&self.next(clusters, log));
    }

    /// Makes clusters that may follow these, and begins to resolve their names. One that is configured as before stays,
    /// with its connections. Must be called inside a `LocalSet`.
    pub fn next(&self, clusters: &[bootstrap::Cluster], log: &Arc<Log>) -> Self {
        let known = self.0.borrow();
        let next = clusters.iter().map(|settings| {
            let kept = known.get(&settings.name).filter(|cluster| cluster.settings == *settings).cloned();
            (settings.name.clone(), kept.unwrap_or_else(|| Cluster::new(settings.clone(), log)))
        });
        Self(RefCell::new(next.collect()))
    }

    /// Has the clusters of `next` from now on, and gives those it had; requests under way in them come to their end.
    pub fn put(&self, next: &Self) -> Self {
        Self(RefCell::new(self.0.replace(next.0.borrow().clone())))
    }

    /// The cluster of this name.
    pub fn get(&self, name: &str) -> Option<Rc<Cluster>> {
        self.0.borrow().get(name).cloned()
    }

    /// All clusters, in no order.
    pub fn all(&self) -> Vec<Rc<Cluster>> {
        self.0.borrow().values().cloned().collect()
    }

    /// Returns when each name has been asked for once, with whatever result.
    pub async fn resolved(&self) {
        for cluster in self.all() {
            while !cluster.resolved.get() {
                cluster.resolving.notified().await;
            }
        }
    }
}

// === impl Cluster ===

impl Cluster {
    fn new(settings: bootstrap::Cluster, log: &Arc<Log>) -> Rc<Self> {
        let fixed = settings.discovery == Discovery::Static;
        let hosts = if fixed { names::fixed(&settings.endpoints) } else { Vec::new() };
        let cluster = Rc::new(Self {
            settings,
            hosts: RefCell::new(hosts),
            next: Cell::new(0),
            resolved: Cell::new(fixed),
            resolving: Notify::new(),
            unresolved: RefCell::default(),
            log: Arc::clone(log),
        });
        if !fixed {
            tokio::task::spawn_local(names::refresh(Rc::downgrade(&cluster)));
        }
        cluster
    }

    /// What the configuration says of it.
    pub fn settings(&self) -> &bootstrap::Cluster {
        &self.settings
    }

    /// The hosts as they are known now.
    pub fn hosts(&self) -> Vec<Rc<Host>> {
        self.hosts.borrow().clone()
    }

    /// The host for the next request: `wanted` if it is one of the cluster's, else by the cluster's policy.
    ///
    /// # Errors
    /// [`UpstreamError::NoHost`].
    pub fn choose(&self, wanted: Option<SocketAddr>) -> Result<Rc<Host>, UpstreamError> {
        let hosts = self.hosts.borrow();
        let wanted = wanted.and_then(|wanted| hosts.iter().find(|host| host.address() == wanted));
        wanted
            .or_else(|| balance::choose(&hosts, self.settings.lb_policy, &self.next))
            .cloned()
            .ok_or(UpstreamError::NoHost)
    }

    /// A connection for something else than a request, such as Redis, to a host that [`Cluster::choose`] gave.
    ///
    /// # Errors
    /// When there is no connection within the cluster's `connect_timeout`.
    pub async fn connect_to(&self, host: SocketAddr) -> Result<TcpStream, UpstreamError> {
        connect::connect(host, self.settings.connect_timeout).await
    }

    /// Takes what names resolve to; hosts that stay keep their connections.
    fn replace_hosts(&self, found: &[(SocketAddr, String)]) {
        let mut hosts = self.hosts.borrow_mut();
        let kept = |address: &SocketAddr, name: &String| {
            hosts.iter().find(|host| host.address() == *address && host.hostname() == name).cloned()
        };
        let new = found
            .iter()
            .map(|(address, name)| kept(address, name).unwrap_or_else(|| Rc::new(Host::new(*address, name.clone()))))
            .collect();
        *hosts = new;
        self.resolved.set(true);
        self.resolving.notify_waiters();
    }

    /// Logs why a name has no address, once until that changes.
    fn note_lookup(&self, host: &str, trouble: Option<&String>) {
        let mut unresolved = self.unresolved.borrow_mut();
        let known = match trouble {
            Some(cause) => unresolved.insert(host.to_owned(), cause.clone()),
            None => unresolved.remove(host),
        };
        let cluster = &self.settings.name;
        match trouble {
            Some(cause) if known.as_ref() != trouble => {
                let text = format_args!("cluster {cluster:?}: {host:?} has no address: {cause}");
                self.log.write(Component::Upstream, Level::Warn, text);
            }
            None if known.is_some() => {
                let text = format_args!("cluster {cluster:?}: {host:?} has an address now");
                self.log.write(Component::Upstream, Level::Info, text);
            }
            _ => {}
        }
    }

    /// The addresses that a name had last.
    fn known(&self, hostname: &str, port: u16) -> Vec<SocketAddr> {
        let hosts = self.hosts.borrow();
        let known = hosts.iter().filter(|host| host.hostname() == hostname && host.address().port() == port);
        known.map(|host| host.address()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bootstrap::{DnsLookupFamily, LbPolicy, UpstreamProtocol};
    use crate::log::{Format, Level};

    #[test]
    fn a_host_that_stays_keeps_its_connections() {
        let settings = bootstrap::Cluster {
            name: "shop".into(),
            discovery: Discovery::Static,
            connect_timeout: std::time::Duration::from_secs(1),
            lb_policy: LbPolicy::RoundRobin,
            dns_lookup_family: DnsLookupFamily::Auto,
            endpoints: Vec::new(),
            protocol: UpstreamProtocol::Http1 { trailers: false },
            buffer_limit: 0,
            max_headers_count: None,
            max_response_headers_kb: None,
        };
        let log = Arc::new(Log::to(Level::Off, Format::default(), Box::new(std::io::sink())));
        let cluster = Cluster::new(settings, &log);
        let address = |last| SocketAddr::from(([10, 0, 0, last], 80));
        cluster.replace_hosts(&[(address(1), "a".to_owned()), (address(2), "a".to_owned())]);
        let before = cluster.hosts();
        cluster.replace_hosts(&[(address(2), "a".to_owned()), (address(3), "b".to_owned())]);
        let after = cluster.hosts();
        assert!(Rc::ptr_eq(&before[1], &after[0]));
        assert_eq!(after[1].address(), address(3));
        assert_eq!(cluster.known("a", 80), [address(2)]);
        assert!(cluster.known("a", 81).is_empty());
    }
}
