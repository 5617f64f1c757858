//! The example and the README, proven: what it shows is what a client gets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics is a test that fails"
)]

use plugin_core::redis::{ErrorReply, Value};
use plugin_core::testing::Bench;
use rate_limiter::RateLimiter;
use serde_json::Value as Json;
use testkit::{Redis, RedisReply, prove_console};

const EXAMPLE: &str = include_str!("../example.yaml");
const READMES: [&str; 2] = [include_str!("../README.md"), include_str!("../README_ZH.md")];

fn example() -> Json {
    serde_yaml::from_str(EXAMPLE).expect("the example to be YAML")
}

fn value(reply: RedisReply) -> Value {
    match reply {
        RedisReply::Null => Value::Null,
        RedisReply::Integer(number) => Value::Int(number),
        RedisReply::SimpleString(bytes) | RedisReply::BulkString(bytes) => Value::Bytes(bytes),
        RedisReply::Array(values) => Value::List(values.into_iter().map(value).collect()),
        RedisReply::Error(text) => Value::Error(ErrorReply::new(text)),
    }
}

/// What `curl -i` prints of an exchange with the plugin.
fn curl(bench: &Bench<RateLimiter>, redis: &Redis, key: &str) -> String {
    let exchange = bench.request("GET", "/get", &[("x-api-key", key)], true);
    bench.serve_redis(|command| value(redis.command(command)));
    if let Some(reply) = exchange.reply() {
        let headers = reply.headers.iter().map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value)));
        let body = String::from_utf8_lossy(&reply.body).into_owned();
        return format!("HTTP/1.1 {}\n{}\n{body}", reply.status, headers.collect::<String>());
    }
    exchange.response(200, &[("content-type", "application/json")], true);
    let names = ["content-type", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];
    let headers = names.map(|name| format!("{name}: {}\n", exchange.response_header(name).expect(name)));
    format!("HTTP/1.1 200\n{}\n{{}}", headers.concat())
}

#[test]
fn the_readmes_show_what_curl_prints() {
    for readme in READMES {
        let bench = Bench::<RateLimiter>::new(&example().to_string()).unwrap();
        let redis = Redis::start();
        prove_console(readme, |command| {
            let key = command.strip_prefix("curl -i -H 'x-api-key: ").and_then(|rest| rest.split_once("' "));
            let (key, rest) = key.unwrap_or_else(|| panic!("the test does not know the command: {command}"));
            assert_eq!(rest, "http://localhost:10000/get");
            curl(&bench, &redis, key)
        });
    }
}

#[test]
fn the_readmes_show_what_the_log_says() {
    let mut config = example();
    config["rules"][0]["limits"][0]["count"] = serde_json::json!(1.5);
    let log = Bench::<RateLimiter>::new(&config.to_string()).err().expect("half a request to be refused");
    let fault = log.lines().find_map(|line| line.split_once("] configuration: ")).expect("a fault").1;
    for readme in READMES {
        assert!(readme.contains(fault), "a README does not show: {fault}");
    }
}
