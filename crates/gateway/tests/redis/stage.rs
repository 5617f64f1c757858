//! One machine with the built example in it, on a worker thread whose Redis is real.

use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateway::bootstrap::{self, Discovery, DnsLookupFamily, Endpoint, LbPolicy, SocketAddress, UpstreamProtocol};
use gateway::cluster::Clusters;
use gateway::log::{Format, Level, Log};
use gateway::services::{Event, QueueNotices, Services};
use gateway::{
    Direction, Effects, Engine, Facts, Headers, LogView, Module, Pass, Plugin, RootId, StreamId, Vm, VmSettings,
};
use testkit::Redis;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::kept::Kept;

/// How long anything here may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);
pub(crate) const CLUSTER: &str = "outbound|80||redis.static";

/// Runs a test as a worker thread would run it, and ends it when it hangs.
pub(crate) fn on_a_worker<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let worker = tokio::task::LocalSet::new();
    worker.block_on(&runtime, async { tokio::time::timeout(LIMIT, test).await.expect("the test hangs") })
}

pub(crate) struct Stage {
    pub(crate) services: Services,
    vm: Vm,
    root: RootId,
    events: UnboundedReceiver<Event>,
    written: Kept,
}

impl Stage {
    pub(crate) fn new(redis: &Redis, configuration: &str) -> Self {
        let written = Kept::default();
        let log = Arc::new(Log::to(Level::Trace, Format::from("%v"), Box::new(written.clone())));
        let clusters = Clusters::new(&[cluster(redis)], &log);
        let (sender, events) = unbounded_channel();
        let services = Services::new(clusters, sender, Arc::<QueueNotices>::default(), log);
        let mut vm = Vm::new(&counter(), services.world(1), VmSettings::default()).unwrap();
        let plugin =
            Plugin { name: "redis-counter".to_owned(), configuration: configuration.into(), ..Plugin::default() };
        let root = vm.start_plugin(plugin).unwrap_or_else(|error| panic!("{error}; log: {}", written.text()));
        Self { services, vm, root, events, written }
    }

    /// A whole exchange: the headers that the client gets of it.
    pub(crate) async fn get(&mut self, path: &str, user: &str) -> Headers {
        let (stream, _) = self.vm.open_stream(self.root, Rc::<Facts>::default());
        let request =
            [(":method", "GET"), (":path", path), (":authority", "a.b"), (":scheme", "http"), ("x-user", user)];
        let effects = self.vm.headers(stream, Direction::Request, request.into_iter().collect(), true);
        self.passed(stream, Direction::Request, effects).await;
        let response = [(":status", "200")].into_iter().collect();
        let effects = self.vm.headers(stream, Direction::Response, response, true);
        let headers = self.passed(stream, Direction::Response, effects).await;
        assert_eq!(self.vm.finish_stream(stream, LogView::default()), []);
        assert_eq!(self.vm.crash(), None, "{}", self.logged());
        headers
    }

    /// The headers when they go on, however many events that takes.
    async fn passed(&mut self, stream: StreamId, wanted: Direction, mut effects: Effects) -> Headers {
        loop {
            match effects.into_iter().next() {
                Some((of, Pass::Headers { direction, headers, .. })) if of == stream && direction == wanted => {
                    return headers;
                }
                Some(other) => panic!("{other:?}"),
                None => effects = self.event().await,
            }
        }
    }

    /// Delivers what comes next.
    pub(crate) async fn event(&mut self) -> Effects {
        let event = self.events.recv().await.expect("the stage holds a sender");
        event.deliver(&mut self.vm)
    }

    /// Delivers what comes until the plugin has written this.
    pub(crate) async fn wait_for_log(&mut self, text: &str) {
        while !self.logged().contains(text) {
            assert_eq!(self.event().await, []);
        }
    }

    pub(crate) fn logged(&self) -> String {
        self.written.text()
    }
}

fn cluster(redis: &Redis) -> bootstrap::Cluster {
    let address = redis.address();
    let address = SocketAddress { host: address.ip().to_string(), port: address.port() };
    bootstrap::Cluster {
        name: CLUSTER.into(),
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

/// The built example, compiled once for all tests: without optimisation the compiler takes seconds.
fn counter() -> Module {
    static MODULE: Mutex<Option<Module>> = Mutex::new(None);
    let compile = || {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../dist/examples/redis-counter.wasm");
        let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{path}: {e}; run: cargo xtask build redis-counter"));
        Module::new(&Engine::new().unwrap(), &bytes).unwrap_or_else(|e| panic!("{path}: {e}"))
    };
    MODULE.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert_with(compile).clone()
}
