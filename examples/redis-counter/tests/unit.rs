//! The counter over a fake gateway.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test speaks by panicking")]

use std::time::Duration;

use plugin_core::redis::Value;
use plugin_core::testing::Bench;
use redis_counter::RedisCounter;

const CONFIG: &str = r#"{"redis": {"serviceName": "redis.static"}, "seconds": 60}"#;

/// A counter that has counted its own start.
fn started() -> Bench<RedisCounter> {
    let bench = Bench::new(CONFIG).unwrap();
    bench.advance(Duration::from_millis(2));
    assert_eq!(bench.serve_redis(redis), 1);
    assert_eq!(bench.redis_calls()[0].parts, ["INCR", "counter:starts"]);
    bench
}

fn redis(command: &[String]) -> Value {
    match command.first().map(String::as_str) {
        Some("EVALSHA") => Value::List(vec![Value::Int(3), Value::Int(42)]),
        Some("GETSET") => Value::Bytes(b"bob".to_vec()),
        _ => Value::Int(9),
    }
}

#[test]
fn counts_in_both_phases() {
    let bench = started();
    let exchange = bench.request("GET", "/orders?id=1", &[("x-user", "ann")], true);
    assert_eq!(bench.serve_redis(redis), 2);
    assert!(exchange.is_forwarded());
    exchange.response(200, &[], true);
    assert_eq!(bench.serve_redis(redis), 1);
    assert_eq!(exchange.response_header("x-visits").as_deref(), Some("3; reset=42"));
    assert_eq!(exchange.response_header("x-last-user").as_deref(), Some("bob"));
    assert_eq!(exchange.response_header("x-same-status").as_deref(), Some("9"));
    let sent: Vec<Vec<String>> = bench.redis_calls().into_iter().map(|call| call.parts).collect();
    assert_eq!(sent[1][2..], ["1", "counter:visits:/orders", "60"]);
    assert_eq!(sent[2], ["GETSET", "counter:last:/orders", "ann"]);
    assert_eq!(sent[3], ["HINCRBY", "counter:statuses", "200", "1"]);
}

#[test]
fn without_redis_the_request_goes_on_uncounted() {
    let bench = started();
    let exchange = bench.get("/");
    bench.break_redis(1);
    assert!(!exchange.is_forwarded(), "the other command is still under way");
    bench.break_redis(2);
    assert!(exchange.is_forwarded());
    assert!(bench.log().iter().any(|line| line.contains("not counted: cluster")), "{:?}", bench.log());
}
