//! The admin server, asked over its port.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use gateway::MetricKind;
use gateway::admin::{Admin, AdminServer, AdminState, ClusterStatus, ListenerStatus, Pages, Reply, Stats};
use gateway::log::{Component, Format, Level, Log};
use serde_json::{Value, json};
use testkit::{Request, Stats as Read};

#[derive(Default)]
struct State {
    starting: AtomicBool,
    quit: AtomicBool,
}

impl AdminState for State {
    fn is_ready(&self) -> bool {
        !self.starting.load(Ordering::Relaxed)
    }

    fn listeners(&self) -> Vec<ListenerStatus> {
        vec![ListenerStatus { name: "gateway".into(), address: "127.0.0.1:10000".parse().unwrap() }]
    }

    fn clusters(&self) -> Vec<ClusterStatus> {
        let hosts = vec![("127.0.0.1:6379".parse().unwrap(), "redis".to_owned())];
        vec![
            ClusterStatus { name: "outbound|6379||redis.static".into(), hosts },
            ClusterStatus { name: "nobody".into(), hosts: Vec::new() },
        ]
    }

    fn config_dump(&self) -> Value {
        json!({ "configs": [] })
    }

    fn plugin_metrics(&self) -> Vec<(String, MetricKind, u64, u64)> {
        vec![
            ("tour.live".into(), MetricKind::Gauge, 3, 0),
            ("tour.time".into(), MetricKind::Histogram, 9, 2),
            ("tour.total".into(), MetricKind::Counter, 5, 0),
        ]
    }

    fn quit(&self) {
        self.quit.store(true, Ordering::Relaxed);
    }
}

struct Page;

impl Pages for Page {
    fn respond(&self, path_and_query: &str) -> Option<Reply> {
        path_and_query.starts_with("/inspector").then(|| Reply::html(format!("inspects {path_and_query}")))
    }

    fn links(&self) -> Vec<(String, String)> {
        vec![("/inspector".into(), "the last exchanges".into())]
    }
}

struct Running {
    address: SocketAddr,
    state: Arc<State>,
    log: Arc<Log>,
    /// The server ends when this is dropped.
    _stop: tokio::sync::oneshot::Sender<()>,
}

impl Running {
    fn start() -> Self {
        let (state, log) =
            (Arc::<State>::default(), Arc::new(Log::to(Level::Info, Format::default(), Box::new(std::io::sink()))));
        let stats = Arc::<Stats>::default();
        stats.counter("http.gateway.downstream_rq_total").add(7);
        stats.counter("http.gateway.downstream_rq_total").count();
        let active = stats.gauge("http.gateway.downstream_rq_active");
        active.up();
        active.up();
        active.down();
        stats.counter("http.gateway.downstream_rq_5xx");
        let server = AdminServer::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let folder = std::env::temp_dir().join(format!("admin-address-{}", server.address().unwrap().port()));
        server.write_address(&folder).unwrap();
        let address = std::fs::read_to_string(&folder).unwrap().parse().unwrap();
        std::fs::remove_file(folder).unwrap();
        let admin = Admin {
            state: state.clone(),
            stats,
            log: log.clone(),
            pages: Some(Arc::new(Page)),
            started: Instant::now(),
        };
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    served = server.serve(admin) => panic!("{served:?}"),
                    _ = stopped => {}
                }
            });
        });
        Self { address, state, log, _stop: stop }
    }

    fn ask(&self, method: &str, path: &str) -> testkit::Reply {
        Request::new(self.address, method, path).header("connection", "close").send()
    }

    fn get(&self, path: &str) -> String {
        let reply = self.ask("GET", path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.text().to_owned()
    }
}

#[test]
fn readiness_is_told_by_the_status() {
    let admin = Running::start();
    assert_eq!(admin.get("/ready"), "LIVE\n");
    admin.state.starting.store(true, Ordering::Relaxed);
    let reply = admin.ask("GET", "/ready");
    assert_eq!((reply.status, reply.text()), (503, "PRE_INITIALIZING\n"));
    assert_eq!(serde_json::from_str::<Value>(&admin.get("/server_info")).unwrap()["state"], "PRE_INITIALIZING");
}

#[test]
fn listeners_and_clusters_are_shown_as_envoy_shows_them() {
    let admin = Running::start();
    assert_eq!(admin.get("/listeners"), "gateway::127.0.0.1:10000\n");
    let listeners: Value = serde_json::from_str(&admin.get("/listeners?format=json")).unwrap();
    let socket = &listeners["listener_statuses"][0]["local_address"]["socket_address"];
    assert_eq!((&socket["address"], &socket["port_value"]), (&json!("127.0.0.1"), &json!(10000)));

    let clusters = admin.get("/clusters");
    assert!(clusters.contains("outbound|6379||redis.static::127.0.0.1:6379::hostname::redis\n"), "{clusters}");
    assert!(clusters.contains("nobody::no hosts\n"), "{clusters}");
    let clusters: Value = serde_json::from_str(&admin.get("/clusters?format=json")).unwrap();
    assert_eq!(clusters["cluster_statuses"][0]["host_statuses"][0]["hostname"], "redis");
    assert_eq!(serde_json::from_str::<Value>(&admin.get("/config_dump")).unwrap(), json!({ "configs": [] }));
}

#[test]
fn metrics_are_shown_in_three_forms() {
    let admin = Running::start();
    let text = "http.gateway.downstream_rq_5xx: 0\nhttp.gateway.downstream_rq_active: 1\n\
                http.gateway.downstream_rq_total: 8\nwasmcustom.tour.live: 3\n\
                wasmcustom.tour.time: samples 2, sum 9\nwasmcustom.tour.total: 5\n";
    assert_eq!(admin.get("/stats"), text);
    assert_eq!(admin.get("/stats?filter=%5Ewasmcustom.*live"), "wasmcustom.tour.live: 3\n");
    assert!(!admin.get("/stats?usedonly").contains("5xx"));

    // Read as the test kit reads Envoy's.
    let json: Value = serde_json::from_str(&admin.get("/stats?format=json")).unwrap();
    let entries = json["stats"].as_array().unwrap().iter();
    let read: Read = entries.filter_map(|it| Some((it["name"].as_str()?.to_owned(), it["value"].as_u64()?))).collect();
    assert_eq!(read.get("wasmcustom.tour.total"), Some(5));
    assert_eq!(read.matching("downstream").len(), 3);

    let wanted = "# TYPE envoy_http_downstream_rq_5xx counter\n\
                  envoy_http_downstream_rq_5xx{envoy_http_conn_manager_prefix=\"gateway\"} 0\n\
                  # TYPE envoy_http_downstream_rq_active gauge\n\
                  envoy_http_downstream_rq_active{envoy_http_conn_manager_prefix=\"gateway\"} 1\n\
                  # TYPE envoy_http_downstream_rq_total counter\n\
                  envoy_http_downstream_rq_total{envoy_http_conn_manager_prefix=\"gateway\"} 8\n\
                  # TYPE tour_live gauge\ntour_live{} 3\n# TYPE tour_time summary\n\
                  tour_time_sum{} 9\ntour_time_count{} 2\n# TYPE tour_total counter\ntour_total{} 5\n";
    assert_eq!(admin.get("/stats/prometheus"), wanted);
    assert_eq!(admin.get("/stats?format=prometheus"), wanted);
}

#[test]
fn what_cannot_be_read_is_refused_with_a_reason() {
    let admin = Running::start();
    for (path, reason) in [("/stats?filter=(", "regular expression"), ("/stats?format=xml", "text, json, prometheus")] {
        let reply = admin.ask("GET", path);
        assert_eq!(reply.status, 400);
        assert!(reply.text().contains(reason), "{}", reply.text());
    }
}

#[test]
fn levels_change_by_post() {
    let admin = Running::start();
    let changed = admin.ask("POST", "/logging?wasm=debug");
    assert_eq!(changed.status, 200);
    assert!(changed.text().starts_with("active loggers:\n  admin: info\n"), "{}", changed.text());
    assert!(changed.text().contains("  wasm: debug\n"));
    assert_eq!((admin.log.level(Component::Wasm), admin.log.level(Component::Http)), (Level::Debug, Level::Info));
    admin.ask("POST", "/logging?level=error");
    admin.ask("POST", "/logging?paths=wasm:trace,redis:off");
    let levels = [Component::Wasm, Component::Redis, Component::Http].map(|component| admin.log.level(component));
    assert_eq!(levels, [Level::Trace, Level::Off, Level::Error]);

    let refused = admin.ask("POST", "/logging?wsm=debug");
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("\"wsm\", there are: admin"), "{}", refused.text());
}

#[test]
fn only_a_post_of_the_same_site_changes_anything() {
    let admin = Running::start();
    let reply = admin.ask("GET", "/quitquitquit");
    assert_eq!((reply.status, reply.text()), (405, "Method GET not allowed, POST required."));
    assert_eq!(admin.ask("POST", "/stats").status, 405);
    let foreign = Request::new(admin.address, "POST", "/quitquitquit").header("origin", "https://evil.example");
    assert_eq!(foreign.header("connection", "close").send().status, 403);
    assert!(!admin.state.quit.load(Ordering::Relaxed));

    let own = Request::new(admin.address, "POST", "/quitquitquit").header("host", "localhost:9901");
    assert_eq!(own.header("origin", "http://localhost:9901").header("connection", "close").send().text(), "OK\n");
    assert!(admin.state.quit.load(Ordering::Relaxed));
}

#[test]
fn what_is_private_is_shown_only_under_an_address() {
    let admin = Running::start();
    let ask = |method: &str, path: &str, host: &str| {
        let request = Request::new(admin.address, method, path).header("host", host).header("connection", "close");
        request.send().status
    };
    for host in ["evil.example", "evil.example:9901", "localhost.evil.example", "127.0.0.1.evil.example"] {
        for (method, path) in [("GET", "/inspector"), ("GET", "/config_dump"), ("POST", "/logging?wasm=trace")] {
            assert_eq!(ask(method, path, host), 403, "{method} {path} of {host}");
        }
        assert_eq!(ask("GET", "/ready", host), 200, "{host}");
    }
    assert_eq!(admin.log.level(Component::Wasm), Level::Info);
    for host in ["localhost:9901", "LOCALHOST", "192.168.1.7:9901", "[::1]:9901", "::1"] {
        let expected = if host == "::1" { 403 } else { 200 };
        assert_eq!(ask("GET", "/inspector", host), expected, "{host}");
    }
}

#[test]
fn the_first_page_shows_the_way_and_so_does_a_wrong_path() {
    let admin = Running::start();
    let index = admin.get("/");
    for path in ["/inspector", "/stats/prometheus", "/config_dump", "/logging"] {
        assert!(index.contains(path), "{path} is missing in {index}");
    }
    assert_eq!(admin.get("/inspector?id=1"), "inspects /inspector?id=1");
    let missing = admin.ask("GET", "/nope");
    assert_eq!(missing.status, 404);
    assert!(missing.text().contains("there is no /nope") && missing.text().contains("POST /logging"));
    assert!(missing.text().ends_with(&admin.get("/help")));
    let head = admin.ask("HEAD", "/ready");
    assert_eq!((head.status, head.body.len()), (200, 0));
}
