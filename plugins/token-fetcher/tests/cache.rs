//! Tokens are fetched once, for all who want the same one, and again before they run out.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test that panics is a test that fails")]

use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use testkit::{Answer, Gateway, RunningGateway, Seen, Stats, Upstream, eventually};

const CLUSTER: &str = "outbound|80||auth.static";
const PATIENCE: Duration = Duration::from_secs(20);

fn config(cache: Value) -> Value {
    json!({
        "serviceName": "auth.static", "requestPath": "/token", "tokenHeader": "x-token", "timeoutMs": 5_000,
        "cache": cache,
    })
}

/// Gives `s3cr3t-0`, `s3cr3t-1` and so on, as `answer` dresses them.
fn counting(answer: impl Fn(&str, &Seen) -> Answer + Send + Sync + 'static) -> Upstream {
    let next = AtomicUsize::new(0);
    Upstream::start(move |seen| {
        let token = format!("s3cr3t-{}", next.fetch_add(1, Ordering::Relaxed));
        answer(&token, seen).header("x-token", &token)
    })
}

fn gateway(config: Value, auth: &Upstream, upstream: &Upstream) -> Gateway {
    Gateway::new().plugin("token-fetcher", config).cluster(CLUSTER, auth).upstream(upstream)
}

/// The token that the upstream sees in a request that does not fail.
fn token(gateway: &RunningGateway, upstream: &Upstream) -> String {
    let reply = gateway.get("/").header("x-token", "s3cr3t-forged").send();
    assert_eq!(reply.status, 200, "{gateway:?}");
    let seen = upstream.last();
    assert_eq!(seen.headers.all("x-token").len(), 1);
    seen.header_text("x-token").expect("a token").to_owned()
}

fn metric(stats: &Stats, name: &str) -> u64 {
    stats.get(&format!("wasmcustom.token_fetcher.{name}")).unwrap_or(0)
}

#[testkit::scenario]
fn ten_thousand_requests_over_a_hundred_connections_need_one_fetch_a_worker() {
    let auth = counting(|_, _| Answer::ok("").delay(Duration::from_millis(200)));
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = gateway(config(json!({})), &auth, &upstream).concurrency(2).start();
    std::thread::scope(|threads| {
        for _ in 0..100 {
            threads.spawn(|| {
                let mut connection = gateway.connect();
                for _ in 0..100 {
                    let request = gateway.get("/").deadline(PATIENCE);
                    assert_eq!(connection.send(&request).status, 200);
                }
            });
        }
    });
    assert_eq!(upstream.count(), 10_000);
    assert!((1..=2).contains(&auth.count()), "{} fetches", auth.count());
    let seen = upstream.requests();
    assert!(seen.iter().all(|seen| matches!(seen.header_text("x-token"), Some("s3cr3t-0" | "s3cr3t-1"))));
    let fetches = auth.count() as u64;
    gateway.stats_when(PATIENCE, |stats| {
        metric(stats, "hits") + metric(stats, "misses") == 10_000
            && metric(stats, "misses") == metric(stats, "waits") + fetches
    });
}

#[testkit::scenario]
fn workers_share_what_one_of_them_fetched() {
    let auth = counting(|_, _| Answer::ok(""));
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = gateway(config(json!({})), &auth, &upstream).concurrency(2).start();
    for _ in 0..40 {
        assert_eq!(token(&gateway, &upstream), "s3cr3t-0");
    }
    assert_eq!(auth.count(), 1);
}

/// Something that a test opens for those who wait.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn pass(&self) {
        let (open, signal) = &*self.0;
        let closed = signal.wait_timeout_while(open.lock().expect("no test panicked"), PATIENCE, |open| !*open);
        assert!(*closed.expect("no test panicked").0, "the test opens the gate");
    }

    fn open(&self) {
        let (open, signal) = &*self.0;
        *open.lock().expect("no test panicked") = true;
        signal.notify_all();
    }
}

#[testkit::scenario]
fn a_refresh_at_80_percent_holds_no_request() {
    let gate = Gate::default();
    let behind = gate.clone();
    let auth = counting(move |token, _| {
        if token != "s3cr3t-0" {
            behind.pass();
        }
        Answer::ok("")
    });
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let mut config = config(json!({"lifetimeMs": 15_000, "jitterPercent": 0}));
    config["timeoutMs"] = 20_000.into();
    let gateway = gateway(config, &auth, &upstream).start();
    let begun = Instant::now();
    assert_eq!(token(&gateway, &upstream), "s3cr3t-0");
    // It is fetched although no request comes, because one has used it; and not before it is due.
    auth.wait_for_within(2, PATIENCE);
    assert!(begun.elapsed() >= Duration::from_secs(12), "renewed after {:?}", begun.elapsed());
    // Nobody waits for it, as long as the old one holds.
    for _ in 0..20 {
        assert_eq!(token(&gateway, &upstream), "s3cr3t-0", "after {:?}", begun.elapsed());
    }
    assert_eq!(auth.count(), 2);
    gate.open();
    let renewed = || (token(&gateway, &upstream) == "s3cr3t-1").then_some(());
    eventually(PATIENCE, renewed).expect("the new token replaces the old one");
    let hits = upstream.count() as u64 - 1;
    let stats = gateway.stats_when(PATIENCE, |stats| metric(stats, "hits") >= hits);
    assert_eq!(
        ["hits", "misses", "waits", "refreshes", "failures"].map(|name| metric(&stats, name)),
        [hits, 1, 0, 1, 0]
    );
}

#[testkit::scenario]
fn a_fetch_outlives_the_client_that_began_it() {
    let gate = Gate::default();
    let behind = gate.clone();
    let auth = counting(move |_, _| {
        behind.pass();
        Answer::ok("")
    });
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = gateway(config(json!({"maxWaiting": 3})), &auth, &upstream).start();
    let first = gateway.get("/first").start();
    auth.wait_for_within(1, PATIENCE);
    let mut others: Vec<_> = (0..2).map(|_| gateway.get("/other").deadline(PATIENCE).start()).collect();
    gateway.wait_for_stat("wasmcustom.token_fetcher.waits", 2, PATIENCE);
    let refused = gateway.get("/too-many").send();
    assert_eq!((refused.status, refused.text()), (500, "http call failed"));
    first.reset();
    gate.open();
    for client in &mut others {
        assert_eq!(client.reply().text(), "hi");
    }
    assert_eq!(upstream.last().header_text("x-token"), Some("s3cr3t-0"));
    assert_eq!(auth.count(), 1);
}

#[testkit::scenario]
fn tokens_hold_as_long_as_they_say() {
    // The claims are {"exp":1} and {"exp":99999999999}.
    let (past, future) = ("e30.eyJleHAiOjF9.s3cr3t", "e30.eyJleHAiOjk5OTk5OTk5OTk5fQ.s3cr3t");
    for (body, cache_control, kept) in [
        (json!({"t": "s3cr3t-0", "expires_in": 3600}), "no-store", true),
        (json!({"t": "s3cr3t-0", "expires_in": "3600"}), "", true),
        (json!({"t": "s3cr3t-0", "expires_in": 0}), "", false),
        (json!({"t": future}), "no-store", true),
        (json!({"t": past}), "max-age=60", false),
        (json!({"t": "s3cr3t-0"}), "public, max-age=60", true),
        (json!({"t": "s3cr3t-0"}), "max-age=60, no-store", false),
        (json!({"t": "s3cr3t-0"}), "max-age=0", false),
        (json!({"t": "s3cr3t-0"}), "", true),
    ] {
        let what = format!("{body} {cache_control}");
        let auth = Upstream::start(move |_| Answer::json(&body).header("cache-control", cache_control));
        let upstream = Upstream::start(|_| Answer::ok("hi"));
        let mut config = config(json!({}));
        config["token"] = json!({"json": "/t"});
        let gateway = gateway(config, &auth, &upstream).start();
        for _ in 0..3 {
            token(&gateway, &upstream);
        }
        assert_eq!(auth.count(), if kept { 1 } else { 3 }, "{what}");
    }
}

#[testkit::scenario]
fn a_token_is_not_used_after_its_end() {
    let auth = counting(|_, _| Answer::ok(""));
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let cache = json!({"lifetimeFrom": [], "lifetimeMs": 300, "refreshAtPercent": 100, "jitterPercent": 0});
    let gateway = gateway(config(cache), &auth, &upstream).start();
    assert_eq!(token(&gateway, &upstream), "s3cr3t-0");
    let renewed = || (token(&gateway, &upstream) == "s3cr3t-1").then_some(());
    eventually(PATIENCE, renewed).expect("another token");
}

#[testkit::scenario]
fn clients_get_tokens_of_their_own() {
    let auth = Upstream::start(|seen| {
        let user = seen.header_text("x-user").unwrap_or("nobody");
        Answer::ok("").header("x-token", format!("s3cr3t for {user}"))
    });
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let mut config = config(json!({"maxEntries": 3}));
    config["request"] = json!({"headers": {"x-user": "${request.header.x-user}"}});
    let gateway = gateway(config.clone(), &auth, &upstream).start();
    for _ in 0..2 {
        for user in ["a", "b", ""] {
            gateway.get("/").header("x-user", user).send();
            let expected = if user.is_empty() { "s3cr3t for nobody".to_owned() } else { format!("s3cr3t for {user}") };
            assert_eq!(upstream.last().header_text("x-token"), Some(&*expected));
        }
    }
    assert_eq!(auth.count(), 3);
    for user in 0..50 {
        gateway.get("/").header("x-user", user.to_string()).send();
        assert_eq!(upstream.last().header_text("x-token"), Some(&*format!("s3cr3t for {user}")));
    }
    assert_eq!(auth.count(), 53);
    let huge = "u".repeat(9_000);
    for _ in 0..2 {
        gateway.get("/").header("x-user", &huge).send();
        assert_eq!(upstream.last().header("x-token").map(<[u8]>::len), Some(9_011));
    }
    assert_eq!(auth.count(), 55, "a key that long is not kept");
}

#[testkit::scenario]
fn a_key_of_the_operators_own() {
    let auth = counting(|_, _| Answer::ok(""));
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let mut config = config(json!({"key": "${request.header.x-tenant}"}));
    config["request"] = json!({"headers": {"x-trace": "${request.path}"}});
    let gateway = gateway(config, &auth, &upstream).start();
    for (tenant, path, token) in
        [("a", "/1", "s3cr3t-0"), ("a", "/2", "s3cr3t-0"), ("b", "/1", "s3cr3t-1"), ("a", "/3", "s3cr3t-0")]
    {
        gateway.get(path).header("x-tenant", tenant).send();
        assert_eq!(upstream.last().header_text("x-token"), Some(token), "{tenant}{path}");
    }
}

#[testkit::scenario]
fn clients_cannot_make_their_key_that_of_another() {
    let auth = Upstream::start(|seen| {
        let text = |name| seen.header_text(name).unwrap_or_default();
        Answer::ok("").header("x-token", format!("s3cr3t for {} of {}", text("x-user"), text("x-tenant")))
    });
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let mut config = config(json!({"key": "${request.header.x-tenant}-${request.header.x-user}"}));
    config["request"] =
        json!({"headers": {"x-tenant": "${request.header.x-tenant}", "x-user": "${request.header.x-user}"}});
    let gateway = gateway(config, &auth, &upstream).start();
    for (tenant, user) in [("a", "b-c"), ("a-b", "c"), ("a-b-c", ""), ("a", "b-c")] {
        gateway.get("/").header("x-tenant", tenant).header("x-user", user).send();
        assert_eq!(upstream.last().header_text("x-token"), Some(&*format!("s3cr3t for {user} of {tenant}")));
    }
    assert_eq!(auth.count(), 3);
}

#[testkit::scenario]
fn a_token_that_the_upstream_refuses_is_replaced_once() {
    let auth = counting(|_, _| Answer::ok(""));
    let upstream = Upstream::start(|seen| match (&*seen.path, seen.header_text("x-token")) {
        ("/strict", _) | (_, Some("s3cr3t-0")) => Answer::status(401),
        _ => Answer::ok("hi"),
    });
    let gateway = gateway(config(json!({})), &auth, &upstream).start();
    assert_eq!(gateway.get("/").send().status, 401);
    assert_eq!(gateway.get("/").send().status, 200);
    assert_eq!(upstream.last().header_text("x-token"), Some("s3cr3t-1"));
    for _ in 0..10 {
        assert_eq!(gateway.get("/strict").send().status, 401);
    }
    assert_eq!(gateway.get("/").send().status, 200);
    assert_eq!(auth.count(), 2);
    assert!(gateway.log_contains("the upstream answered 401: token"), "{gateway:?}");
}
