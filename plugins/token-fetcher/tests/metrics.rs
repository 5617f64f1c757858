//! What an operator can watch: each metric of the README, read from the gateway's admin port.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test that panics is a test that fails")]

use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Answer, Gateway, RunningGateway, Stats, Target, Upstream};

const PATIENCE: Duration = Duration::from_secs(20);

fn start(more: Value, auth: impl Into<Target>, upstream: &Upstream) -> RunningGateway {
    let mut config = json!({"serviceName": "auth.static", "requestPath": "/token", "tokenHeader": "x-token"});
    config["timeoutMs"] = 5_000.into();
    for (key, value) in more.as_object().expect("a map") {
        config[key] = value.clone();
    }
    Gateway::new().plugin("token-fetcher", config).cluster("outbound|80||auth.static", auth).upstream(upstream).start()
}

/// Waits until the metrics have these values.
fn assert_metrics(gateway: &RunningGateway, expected: &[(&str, u64)]) {
    for (name, value) in expected {
        gateway.wait_for_stat(&format!("wasmcustom.token_fetcher.{name}"), *value, PATIENCE);
    }
}

#[testkit::scenario]
fn hits_misses_failures_and_how_long_fetches_took() {
    const SLOW: Duration = Duration::from_millis(200);
    let auth = Upstream::script([
        Answer::status(503).delay(SLOW),
        Answer::status(503).delay(SLOW),
        Answer::ok("").header("x-token", "s3cr3t-1").delay(SLOW),
    ]);
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = start(json!({"cache": {"negativeMs": 0}}), &auth, &upstream);
    for status in [500, 500, 200, 200, 200] {
        assert_eq!(gateway.get("/").send().status, status);
    }
    assert_metrics(&gateway, &[("hits", 2), ("misses", 3), ("failures", 2)]);
    let sum = gateway.wait_for_samples("token_fetcher.fetch_ms", 3, PATIENCE);
    // Envoy sorts samples into bins, whose middle may be a twentieth off.
    assert!((570.0..3.0 * 5_000.0).contains(&sum), "three fetches of 200 ms took {sum} ms");
}

#[testkit::scenario]
fn without_a_cache_each_request_is_a_miss() {
    let auth = Upstream::start(|_| Answer::ok("").header("x-token", "s3cr3t-1"));
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = start(json!({}), &auth, &upstream);
    for _ in 0..3 {
        assert_eq!(gateway.get("/").send().status, 200);
    }
    assert_metrics(&gateway, &[("misses", 3)]);
    assert_eq!(gateway.stats().get("wasmcustom.token_fetcher.hits").unwrap_or(0), 0);
}

#[testkit::scenario]
fn those_who_wait_for_the_fetch_of_another() {
    let auth = Upstream::start(|_| Answer::ok("").header("x-token", "s3cr3t-1").delay(Duration::from_secs(1)));
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = start(json!({"cache": {}}), &auth, &upstream);
    let mut clients: Vec<_> = (0..5).map(|_| gateway.get("/").deadline(PATIENCE).start()).collect();
    for client in &mut clients {
        assert_eq!(client.reply().status, 200);
    }
    let metric = |stats: &Stats, name: &str| stats.get(&format!("wasmcustom.token_fetcher.{name}")).unwrap_or(0);
    let fetches = auth.count() as u64;
    gateway.stats_when(PATIENCE, |stats| {
        metric(stats, "misses") + metric(stats, "hits") == 5
            && metric(stats, "misses") == metric(stats, "waits") + fetches
    });
}

#[testkit::scenario]
fn whether_the_preflight_gave_a_token() {
    let auth = Upstream::start(|_| Answer::ok("").header("x-token", "s3cr3t-1"));
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    assert_metrics(&start(json!({"preflight": true, "cache": {}}), &auth, &upstream), &[("ready", 1)]);
    let nobody = start(json!({"preflight": true}), Target::refused(), &upstream);
    nobody.wait_for_log("preflight: cluster", PATIENCE);
    // Before the line is logged the metric is 0 already; in the main thread's VM and in the worker's.
    assert_metrics(&nobody, &[("ready", 0)]);
}
