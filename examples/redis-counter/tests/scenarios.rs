//! The counter as a gateway runs it, with a real redis-server.

#![allow(clippy::unwrap_used, reason = "a test speaks by panicking")]

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Answer, Gateway, Plugin, Redis, RunningGateway, Upstream};

const PATIENCE: Duration = Duration::from_secs(30);

fn start(redis: &Redis, upstream: &Upstream, config: Value) -> RunningGateway {
    let gateway = Gateway::new().plugin("redis-counter", config).upstream(upstream);
    gateway.cluster("outbound|80||redis.static", redis).concurrency(2).start()
}

#[testkit::scenario(higress)]
fn visits_are_counted_exactly_however_many_come_at_once() {
    let (redis, upstream) = (Redis::start(), Upstream::start(|_| Answer::ok("hi")));
    let gateway = start(&redis, &upstream, json!({ "redis": { "serviceName": "redis.static" }, "seconds": 600 }));
    gateway.wait_for_log("start number ", PATIENCE);

    let visits: BTreeSet<u32> = std::thread::scope(|scope| {
        let clients: Vec<_> =
            (0..8).map(|_| scope.spawn(|| (0..25).map(|_| visit(&gateway)).collect::<Vec<_>>())).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    assert_eq!(visits, (1..=200).collect(), "each number once");
    assert_eq!(redis.text(["HGET", "counter:statuses", "200"]).as_deref(), Some("200"));
    assert!(redis.connections() <= 2, "one for each worker");
    let asked = redis.commands();
    let texts = asked.iter().filter(|command| command.words.first().is_some_and(|word| word == "EVAL")).count();
    assert!(texts <= 16, "the script's text was sent {texts} times");
}

fn visit(gateway: &RunningGateway) -> u32 {
    let reply = gateway.get("/orders?id=1").header("x-user", "ann").send();
    let visits = reply.header_text("x-visits").unwrap();
    visits.split_once(';').unwrap().0.parse().unwrap()
}

#[testkit::scenario(higress)]
fn a_redis_that_dies_and_comes_back_is_used_again() {
    let (redis, upstream) = (Redis::start(), Upstream::start(|_| Answer::ok("hi")));
    let gateway = start(&redis, &upstream, json!({ "redis": { "serviceName": "redis.static", "timeout": 500 } }));
    assert!(gateway.get("/").send().header_text("x-visits").is_some());
    redis.kill();
    let reply = gateway.get("/").send();
    assert_eq!((reply.status, reply.header_text("x-visits")), (200, None));
    gateway.wait_for_log("not counted: cluster \"outbound|80||redis.static\": no connection to Redis", PATIENCE);
    redis.restart();
    let counted = || gateway.get("/").send().header_text("x-visits").is_some();
    assert!((0..100).any(|_| counted()), "{}", gateway.wasm_log().join("\n"));
}

#[testkit::scenario(higress)]
fn a_cluster_that_the_gateway_does_not_know_is_named() {
    let (redis, upstream) = (Redis::start(), Upstream::start(|_| Answer::ok("hi")));
    let gateway = start(&redis, &upstream, json!({ "redis": { "serviceName": "redis.dns" } }));
    assert_eq!(gateway.get("/").send().status, 200);
    gateway.wait_for_log("cluster \"outbound|6379||redis.dns\": the gateway has no such cluster", PATIENCE);
}

#[test]
fn a_stock_envoy_refuses_it() {
    testkit::refused_by_envoy(Plugin::new("redis-counter"), "env.proxy_redis_");
}
