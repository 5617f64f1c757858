//! Properties, metrics, shared data, and the start of the plugin.

use serde_json::json;
use testkit::{Answer, Engine, Gateway, Upstream};

use crate::stage::{PATIENCE, stage};

#[testkit::scenario]
fn the_start_hook_runs_once_configured() {
    stage().gateway.wait_for_log("[tour] [-] started with 13 services", PATIENCE);
}

#[testkit::scenario]
fn the_log_tells_once_what_the_module_was_built_from() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Gateway::new().plugin("tour", json!({})).concurrency(3).upstream(&upstream).start();
    assert_eq!(gateway.get("/state/none").send().status, 200);
    let log = gateway.wasm_log();
    let told: Vec<&String> = log.iter().filter(|line| line.contains("[tour] [-] version ")).collect();
    let [line] = told.as_slice() else { panic!("{log:#?}") };
    assert!(line.contains(concat!("version ", env!("CARGO_PKG_VERSION"), ", commit ")), "{line}");
    assert!(line.ends_with(", ABI 0.2.1"), "{line}");
}

#[testkit::scenario]
fn properties_are_read_and_set() {
    let stage = stage();
    let reply = stage.gateway.get("/state/properties").header("x-request-id", "id-1").send();
    let found: Vec<&str> = reply.text().lines().collect();
    assert_eq!(found[..2], ["default", "upstream"]);
    assert!(found[2].starts_with("127.0.0.1:"), "{found:?}");
    assert!(!found[3].is_empty() && found[3] != "unknown", "{found:?}");
    assert_eq!(found[4], "unknown");
    assert_eq!(stage.access_line("/state/properties"), "/state/properties 200 tour was here");
}

#[testkit::scenario]
fn metrics_are_seen_in_the_gateways_statistics() {
    let stage = stage();
    assert_eq!(stage.gateway.get("/state/metrics").send().text(), "2");
    assert_eq!(stage.gateway.get("/state/metrics").send().text(), "4");
    let stats = stage.gateway.stats();
    assert_eq!(stats.get("wasmcustom.tour.counter"), Some(4));
    assert_eq!(stats.get("wasmcustom.tour.gauge"), Some(7));
}

#[testkit::scenario]
fn shared_data_is_one_for_all_workers() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Gateway::new().plugin("tour", json!({})).concurrency(2).upstream(&upstream).start();
    // Hosts write a value that is not there yet without comparing: two workers could both begin at one.
    assert_eq!(gateway.get("/state/shared").send().text(), "1");
    let counts: Vec<u32> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| (0..10).map(|_| gateway.get("/state/shared").send().text().parse().unwrap()).collect())
            })
            .collect();
        clients.into_iter().flat_map(|client| -> Vec<u32> { client.join().unwrap() }).collect()
    });
    let mut sorted = counts.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (2..=81).collect::<Vec<u32>>(), "each count once");
    // Only Envoy counts connections by worker.
    let stats = gateway.stats();
    for worker in ["worker_0", "worker_1"].into_iter().filter(|_| Engine::current() == Engine::Envoy) {
        let served = stats.matching(&format!("{worker}.downstream_cx_total"));
        assert!(served.iter().any(|(_, count)| *count > 0), "{worker}: {served:?}");
    }
}
