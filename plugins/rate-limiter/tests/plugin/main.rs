//! The whole plugin in a gateway of plain data, with a real Redis behind it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that panics is a test that fails"
)]

mod cluster_key;
mod failures;
mod faults;
mod headers;
mod mission;
mod rules;
mod sparing;

use plugin_core::redis::{ErrorReply, Value};
use plugin_core::testing::{Bench, TestExchange};
use rate_limiter::RateLimiter;
use serde_json::Value as Json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use testkit::{Redis, RedisReply};

/// A gateway with the limiter, and the Redis that it asks.
pub(crate) struct Setup {
    pub(crate) bench: Bench<RateLimiter>,
    pub(crate) redis: Redis,
}

impl Setup {
    /// `config` without its Redis, which is added.
    pub(crate) fn new(mut config: Json) -> Self {
        if config.get("redis").is_none() {
            config["serviceName"] = "redis.static".into();
        }
        let bench = Bench::new(&config.to_string()).unwrap_or_else(|log| panic!("{config}: {log}"));
        let redis = Redis::start();
        wait_out_the_end_of_a_minute();
        Self { bench, redis }
    }

    /// Lets Redis answer all that waits. How many calls that were.
    pub(crate) fn serve(&self) -> usize {
        self.bench.serve_redis(|command| value(self.redis.command(command)))
    }

    /// Lets Redis answer one call. Its command.
    pub(crate) fn answer(&self, index: usize) -> String {
        let command = self.bench.redis_calls()[index].parts.clone();
        self.bench.answer_redis(index, value(self.redis.command(&command)));
        command[0].clone()
    }

    /// A request with its decision.
    pub(crate) fn get(&self, path: &str) -> TestExchange {
        self.with(path, &[])
    }

    pub(crate) fn with(&self, path: &str, headers: &[(&str, &str)]) -> TestExchange {
        let exchange = self.bench.request("GET", path, headers, true);
        self.serve();
        exchange
    }

    /// How many of so many equal requests pass.
    pub(crate) fn passed(&self, count: usize, headers: &[(&str, &str)]) -> usize {
        (0..count).filter(|_| self.with("/", headers).is_forwarded()).count()
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        let RedisReply::Array(keys) = self.redis.command(["KEYS", "*"]) else { panic!("KEYS answers a list") };
        keys.iter()
            .map(|key| match key {
                RedisReply::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                other => panic!("a key is text, not {other:?}"),
            })
            .collect()
    }
}

/// Redis counts in real minutes: a test that began in the last moments of one would see its keys end.
fn wait_out_the_end_of_a_minute() {
    while SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() % 60 >= 57 {
        std::thread::sleep(Duration::from_millis(100));
    }
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

type Headers = Vec<(String, String)>;

/// Status, headers, body.
pub(crate) fn refused(exchange: &TestExchange) -> Option<(u16, Headers, String)> {
    exchange.reply().map(|reply| {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = reply.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        (reply.status, headers, text(&reply.body))
    })
}

/// A header of the response to a request that passed.
pub(crate) fn answered(exchange: &TestExchange, names: &[&str]) -> Vec<Option<String>> {
    exchange.response(200, &[], true);
    names.iter().map(|name| exchange.response_header(name)).collect()
}

pub(crate) fn header(headers: &[(String, String)], name: &str) -> Option<String> {
    let mut found = headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone());
    let first = found.next();
    assert_eq!(found.next(), None, "`{name}` twice");
    first
}

/// The value of a counter of the plugin.
pub(crate) fn metric(name: &str) -> u64 {
    plugin_core::metric::Counter::new(name).value()
}
