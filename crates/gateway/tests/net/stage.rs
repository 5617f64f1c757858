//! A worker thread with clusters and one machine's outside, in every test anew.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use gateway::bootstrap::{self, Discovery, DnsLookupFamily, Endpoint, LbPolicy, SocketAddress, UpstreamProtocol};
use gateway::cluster::{BoxError, Clusters, RequestBody};
use gateway::log::{Format, Level, Log};
use gateway::services::{Event, EventKind, NetWorld, QueueNotices, Services};
use http_body_util::{BodyExt, Full};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::kept::Kept;

/// How long anything here may take on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
/// The number of the only machine.
pub(crate) const MACHINE: u64 = 7;

/// Runs a test as a worker thread would run it, and ends it when it hangs.
pub(crate) fn on_a_worker<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let worker = tokio::task::LocalSet::new();
    worker.block_on(&runtime, async { tokio::time::timeout(LIMIT, test).await.expect("the test hangs") })
}

pub(crate) struct Stage {
    pub(crate) clusters: Rc<Clusters>,
    pub(crate) services: Services,
    pub(crate) world: Rc<NetWorld>,
    pub(crate) log: Arc<Log>,
    pub(crate) notices: Arc<QueueNotices>,
    events: UnboundedReceiver<Event>,
    written: Kept,
}

impl Stage {
    pub(crate) fn new(clusters: &[bootstrap::Cluster]) -> Self {
        let written = Kept::default();
        let log = Arc::new(Log::to(Level::Trace, Format::from("%l|%n|%v"), Box::new(written.clone())));
        let clusters = Clusters::new(clusters, &log);
        let (sender, events) = unbounded_channel();
        let notices = Arc::<QueueNotices>::default();
        let services = Services::new(Rc::clone(&clusters), sender, Arc::clone(&notices), Arc::clone(&log));
        let world = services.world(MACHINE);
        Self { clusters, services, world, log, notices, events, written }
    }

    /// With one cluster of one host.
    pub(crate) fn with(name: &str, address: SocketAddr) -> Self {
        Self::new(&[cluster(name, address)])
    }

    /// What comes back next.
    pub(crate) async fn event(&mut self) -> EventKind {
        let event = self.events.recv().await.expect("the stage holds a sender");
        assert_eq!(event.machine, MACHINE);
        event.kind
    }

    /// The next reply of Redis, with its token.
    pub(crate) async fn redis(&mut self) -> (u32, Option<Vec<u8>>) {
        match self.event().await {
            EventKind::Redis { token, reply } => (token, reply),
            other => panic!("no Redis: {other:?}"),
        }
    }

    /// Whether nothing has come back so far.
    pub(crate) fn is_quiet(&mut self) -> bool {
        self.events.try_recv().is_err()
    }

    /// How many may send events: what holds resources for a machine, such as tasks, is one each.
    pub(crate) fn senders(&self) -> usize {
        self.events.sender_strong_count()
    }

    pub(crate) fn logged(&self) -> String {
        self.written.text()
    }
}

/// A cluster with one host that speaks HTTP/1.1 with trailers.
pub(crate) fn cluster(name: &str, address: SocketAddr) -> bootstrap::Cluster {
    let address = SocketAddress { host: address.ip().to_string(), port: address.port() };
    bootstrap::Cluster {
        name: name.into(),
        discovery: Discovery::Static,
        connect_timeout: Duration::from_secs(10),
        lb_policy: LbPolicy::RoundRobin,
        dns_lookup_family: DnsLookupFamily::Auto,
        endpoints: vec![Endpoint { address, hostname: None }],
        protocol: UpstreamProtocol::Http1 { trailers: true },
        buffer_limit: 1 << 20,
        max_headers_count: None,
        max_response_headers_kb: None,
    }
}

/// An address where nobody listens.
pub(crate) fn nobody() -> SocketAddr {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    taken.local_addr().unwrap()
}

/// A body at hand.
pub(crate) fn body(text: &'static str) -> RequestBody {
    Full::from(text).map_err(|never| -> BoxError { match never {} }).boxed()
}
