//! The built module in a gateway with a real Redis: what clients get.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics is a test that fails"
)]

use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Answer, Gateway, Plugin, Redis, Reply, RunningGateway, Upstream};

const PATIENCE: Duration = Duration::from_secs(30);

/// Stock Envoy has no Redis for plugins; only Higress does.
#[test]
fn stock_envoy_refuses_it() {
    let plugin = Plugin::new("rate-limiter").config(&json!({"serviceName": "redis.static", "qpm": 10}));
    // Which of the two it misses first is up to the linker.
    testkit::refused_by_envoy(plugin, "env.proxy_redis_");
}

fn start(redis: &Redis, upstream: &Upstream, mut config: Value) -> RunningGateway {
    if config.get("redis").is_none() {
        config["serviceName"] = "redis.static".into();
    }
    let gateway = Gateway::new().plugin("rate-limiter", config).cluster("outbound|80||redis.static", redis);
    gateway.cluster("upstream", upstream).route("orders", "/orders", "upstream").route("rest", "/", "upstream").start()
}

fn setup(config: Value) -> (Redis, Upstream, RunningGateway) {
    let (redis, upstream) = (Redis::start(), Upstream::start(|_| Answer::ok("upstream")));
    let gateway = start(&redis, &upstream, config);
    (redis, upstream, gateway)
}

fn number(reply: &Reply, name: &str) -> u64 {
    reply.header_text(name).unwrap_or_else(|| panic!("no `{name}`: {reply:?}")).parse().unwrap()
}

/// Sleeps until a minute of the clock is young.
fn young_minute() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    if now.as_secs() % 60 > 40 {
        std::thread::sleep(Duration::from_secs(60 - now.as_secs() % 60));
    }
}

#[testkit::scenario(higress)]
fn the_limiter_of_the_documents() {
    young_minute();
    let (_redis, upstream, gateway) = setup(json!({"qpm": 2}));
    for left in [1, 0] {
        let reply = gateway.get("/").send();
        assert_eq!((reply.status, reply.text(), number(&reply, "calltimeleft")), (200, "upstream", left));
        assert_eq!(number(&reply, "timestamp") % 60, 0);
    }
    for _ in 0..2 {
        let reply = gateway.get("/").send();
        assert_eq!((reply.status, reply.text(), number(&reply, "calltimeleft")), (429, "Too many requests\n", 0));
        assert_eq!(reply.headers.all("calltimeleft").len(), 1, "not doubled by the response's phase");
        assert!((1..=60).contains(&number(&reply, "retry-after")));
    }
    assert_eq!(upstream.count(), 2);
    assert!(gateway.wait_for_access_log(4).contains(&"GET / 429 rate-limiter.rate_limited".to_owned()));
}

#[testkit::scenario(higress)]
fn routes_count_on_their_own() {
    let rule = json!({"_match_route_": ["orders"], "serviceName": "redis.static",
                      "rules": [{"name": "r", "limits": [{"count": 1, "per": "day"}]}]});
    let (redis, _upstream, gateway) =
        setup(json!({"rules": [{"name": "r", "limits": [{"count": 2, "per": "day"}]}], "_rules_": [rule]}));
    let statuses = |path: &str| (0..3).map(|_| gateway.get(path).send().status).collect::<Vec<_>>();
    assert_eq!((statuses("/orders"), statuses("/")), (vec![200, 429, 429], vec![200, 200, 429]));
    let keys = redis.command(["KEYS", "*"]);
    assert!(matches!(keys, testkit::RedisReply::Array(keys) if keys.len() == 2));
}

#[testkit::scenario(higress)]
fn a_configuration_of_cluster_key_rate_limit() {
    let (_redis, _upstream, gateway) = setup(json!({
        "rule_name": "default_rule",
        "rule_items": [{"limit_by_per_ip": "from-remote-addr", "limit_keys": [{"key": "0.0.0.0/0", "query_per_day": 2}]}],
        "redis": {"service_name": "redis.static"},
        "show_limit_quota_header": true,
    }));
    for left in [1, 0] {
        let reply = gateway.get("/").send();
        assert_eq!(
            (reply.status, number(&reply, "x-ratelimit-limit"), number(&reply, "x-ratelimit-remaining")),
            (200, 2, left)
        );
    }
    let reply = gateway.get("/").send();
    assert_eq!((reply.status, reply.text(), number(&reply, "x-ratelimit-remaining")), (429, "Too many requests", 0));
    assert!((86_000..=86_400).contains(&number(&reply, "x-ratelimit-reset")));
}

#[testkit::scenario(higress)]
fn one_round_trip_for_what_passes_and_none_for_what_is_remembered() {
    let (redis, _upstream, gateway) = setup(
        json!({"rules": [{"name": "r", "limits": [{"count": 21, "per": "day"}, {"count": 1000, "per": "hour"}]}]}),
    );
    // The first request brings the script to Redis.
    assert_eq!(gateway.get("/").send().status, 200);
    let calls = || {
        let stats = redis.text(["INFO", "commandstats"]).unwrap();
        let line = stats.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:calls=")).unwrap_or("0,");
        line.split(',').next().unwrap().parse::<u64>().unwrap()
    };
    let before = calls();
    for _ in 0..20 {
        assert_eq!(gateway.get("/").send().status, 200);
    }
    assert_eq!(calls() - before, 20);
    for _ in 0..20 {
        assert_eq!(gateway.get("/").send().status, 429);
    }
    assert_eq!(calls() - before, 21, "the first refusal is Redis's, the others are remembered");
}

#[testkit::scenario(higress)]
fn counters_are_on_the_gateways_stats() {
    let (_redis, _upstream, gateway) =
        setup(json!({"rules": [{"name": "per-key", "limits": [{"count": 2, "per": "day"}]}]}));
    (0..5).for_each(|_| drop(gateway.get("/").send()));
    gateway.wait_for_stat("wasmcustom.rate_limiter.per-key.allowed", 2, PATIENCE);
    gateway.wait_for_stat("wasmcustom.rate_limiter.per-key.refused", 3, PATIENCE);
}

#[testkit::scenario(higress)]
fn a_wrong_password_lets_pass_and_says_what_to_mend() {
    let (redis, upstream) =
        (Redis::options().password("s3cr3t-right").start(), Upstream::start(|_| Answer::ok("upstream")));
    let gateway = start(&redis, &upstream, json!({"qpm": 1, "password": "s3cr3t-wrong"}));
    for _ in 0..10 {
        assert_eq!(gateway.get("/").send().status, 200);
    }
    gateway.wait_for_log("did not take the configured `username` and `password`", PATIENCE);
    let gateway = start(&redis, &upstream, json!({"qpm": 1, "password": "s3cr3t-right"}));
    assert!((0..3).any(|_| gateway.get("/").send().status == 429));
}

#[testkit::scenario(higress)]
fn a_service_that_the_gateway_does_not_know_is_named_once() {
    let (redis, upstream) = (Redis::start(), Upstream::start(|_| Answer::ok("upstream")));
    let gateway = start(&redis, &upstream, json!({"qpm": 1, "redis": {"serviceName": "typo.dns"}}));
    for _ in 0..30 {
        assert_eq!(gateway.get("/").send().status, 200);
    }
    gateway.wait_for_log("outbound|6379||typo.dns", PATIENCE);
    let lines = gateway.wasm_log().into_iter().filter(|line| line.contains("typo.dns")).count();
    assert!(lines <= 2, "{:#?}", gateway.wasm_log());
}
