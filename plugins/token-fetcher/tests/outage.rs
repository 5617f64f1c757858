//! While the service is down: old tokens, short memories of failures, and a service left alone.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test that panics is a test that fails")]

use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use testkit::{Answer, Gateway, RunningGateway, Target, Upstream, eventually};

const CLUSTER: &str = "outbound|80||auth.static";
const PATIENCE: Duration = Duration::from_secs(20);

/// A service that is up or down as the test says.
struct Auth {
    service: Upstream,
    up: Arc<AtomicBool>,
}

impl Auth {
    fn start(up: bool) -> Self {
        let up = Arc::new(AtomicBool::new(up));
        let asked = Arc::clone(&up);
        let service = Upstream::start(move |_| match asked.load(Ordering::Relaxed) {
            true => Answer::ok("").header("x-token", "s3cr3t-1"),
            false => Answer::reset(),
        });
        Self { service, up }
    }

    fn set(&self, up: bool) {
        self.up.store(up, Ordering::Relaxed);
    }
}

fn start(more: Value, auth: impl Into<Target>, upstream: &Upstream) -> RunningGateway {
    let mut config = json!({"serviceName": "auth.static", "requestPath": "/token", "tokenHeader": "x-token"});
    config["timeoutMs"] = 5_000.into();
    for (key, value) in more.as_object().expect("a map") {
        config[key] = value.clone();
    }
    Gateway::new().plugin("token-fetcher", config).cluster(CLUSTER, auth).upstream(upstream).start()
}

fn status(gateway: &RunningGateway) -> u16 {
    gateway.get("/").send().status
}

#[testkit::scenario]
fn an_old_token_serves_within_its_bound() {
    let auth = Auth::start(true);
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let cache = json!({"lifetimeMs": 200, "staleMs": 3_000, "negativeMs": 50});
    let gateway = start(json!({"cache": cache}), &auth.service, &upstream);
    assert_eq!(status(&gateway), 200);
    auth.set(false);
    let asked = auth.service.count();
    eventually(PATIENCE, || {
        assert_eq!((status(&gateway), upstream.last().header_text("x-token")), (200, Some("s3cr3t-1")));
        (auth.service.count() >= asked + 3).then_some(())
    })
    .expect("the service is asked again");
    eventually(PATIENCE, || (status(&gateway) == 500).then_some(())).expect("an end of the old token");
    auth.set(true);
    eventually(PATIENCE, || (status(&gateway) == 200).then_some(())).expect("a new token");
}

#[testkit::scenario]
fn a_refusal_takes_no_token_away_while_there_is_no_other() {
    let auth = Auth::start(true);
    let upstream = Upstream::start(|seen| match &*seen.path {
        "/private" => Answer::status(403),
        _ => Answer::ok("hi"),
    });
    let gateway = start(json!({"cache": {"negativeMs": 50}}), &auth.service, &upstream);
    assert_eq!(status(&gateway), 200);
    auth.set(false);
    assert_eq!(gateway.get("/private").send().status, 403);
    for _ in 0..5 {
        assert_eq!((status(&gateway), upstream.last().header_text("x-token")), (200, Some("s3cr3t-1")));
    }
    assert!(auth.service.count() >= 2, "the service is asked for another");
}

#[testkit::scenario]
fn a_failure_is_remembered_for_a_moment() {
    let auth = Auth::start(false);
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = start(json!({"cache": {"negativeMs": 1_500}}), &auth.service, &upstream);
    assert_eq!(status(&gateway), 500);
    auth.set(true);
    assert_eq!((status(&gateway), auth.service.count()), (500, 1));
    eventually(PATIENCE, || (status(&gateway) == 200).then_some(())).expect("a token");
    assert_eq!(auth.service.count(), 2);
}

#[testkit::scenario]
fn a_service_that_fails_again_and_again_is_left_alone() {
    let auth = Auth::start(false);
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let more = json!({"circuitBreaker": {"failures": 3, "openMs": 1_500}});
    let gateway = start(more, &auth.service, &upstream);
    for _ in 0..10 {
        assert_eq!(status(&gateway), 500);
    }
    assert_eq!(auth.service.count(), 3);
    assert!(gateway.log_contains("is left alone"), "{gateway:?}");
    auth.set(true);
    eventually(PATIENCE, || (status(&gateway) == 200).then_some(())).expect("asked again");
    for _ in 0..5 {
        assert_eq!(status(&gateway), 200);
    }
}

#[testkit::scenario]
fn a_preflight_says_how_it_went_and_warms_the_cache() {
    let auth = Auth::start(true);
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = start(json!({"preflight": true, "cache": {}}), &auth.service, &upstream);
    gateway.wait_for_log("preflight: the service gives tokens", PATIENCE);
    // The gateway's main thread has a VM of its own, which asks too.
    auth.set(false);
    for _ in 0..5 {
        assert_eq!(status(&gateway), 200);
    }

    let nobody = start(json!({"preflight": true}), Target::refused(), &upstream);
    nobody.wait_for_log("preflight: cluster \"outbound|80||auth.static\": the service could not be reached", PATIENCE);
    let unknown = json!({"serviceName": "auth.static", "requestPath": "/", "tokenHeader": "x", "preflight": true});
    let unknown = Gateway::new().plugin("token-fetcher", unknown).upstream(&upstream).start();
    unknown.wait_for_log("preflight: cluster \"outbound|80||auth.static\": the gateway has no such cluster", PATIENCE);
}

#[testkit::scenario]
fn access_logs_tell_which_token_it_was() {
    let auth = Auth::start(true);
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let config = json!({
        "serviceName": "auth.static", "requestPath": "/", "tokenHeader": "x-token", "fingerprint": true, "cache": {},
    });
    let gateway = Gateway::new()
        .plugin("token-fetcher", config)
        .cluster(CLUSTER, &auth.service)
        .upstream(&upstream)
        .access_log("token %FILTER_STATE(wasm.token_fingerprint:PLAIN)%")
        .start();
    assert_eq!((status(&gateway), status(&gateway)), (200, 200));
    let lines = gateway.wait_for_access_log(2);
    let digits = lines[0].strip_prefix("token ").expect("a token").trim_matches('"').to_owned();
    assert!(digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()), "{lines:?}");
    assert_eq!(lines[0], lines[1]);
    gateway.wait_for_log(&format!("fetched token {digits} for 60000 ms"), PATIENCE);
}
