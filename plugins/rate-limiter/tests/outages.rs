//! Redis stops, hangs, loses its data and comes back under load: each request gets its answer, and counting goes on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics is a test that fails"
)]

use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use testkit::{Answer, Gateway, Redis, RunningGateway, Upstream};

const PATIENCE: Duration = Duration::from_secs(60);
const TIMEOUT: u64 = 300;

fn start(redis: &Redis, upstream: &Upstream, more: Value) -> RunningGateway {
    let mut config = json!({
        "serviceName": "redis.static",
        "timeout": TIMEOUT,
        "quotaHeaders": ["x-ratelimit"],
        "rules": [{"name": "r", "limits": [{"count": 1_000_000, "per": "day"}]}],
        "breaker": {"failures": 3, "probe": 100},
    });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let gateway = Gateway::new().plugin("rate-limiter", config).upstream(upstream);
    gateway.cluster("outbound|80||redis.static", redis).log_level("wasm", "info").concurrency(2).start()
}

/// Keeps asking from several clients while `events` happen. Gives all statuses and the longest wait.
fn under_load(gateway: &RunningGateway, events: impl FnOnce()) -> (Vec<u16>, Duration) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let client = || {
            let mut connection = gateway.connect();
            let (mut statuses, mut longest) = (Vec::new(), Duration::ZERO);
            while !over.load(Ordering::Relaxed) {
                let asked = Instant::now();
                statuses.push(connection.send(&gateway.get("/")).status);
                longest = longest.max(asked.elapsed());
                std::thread::sleep(Duration::from_millis(2));
            }
            (statuses, longest)
        };
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(client)).collect();
        events();
        over.store(true, Ordering::Relaxed);
        let mut all = (Vec::new(), Duration::ZERO);
        for client in clients {
            let (statuses, longest) = client.join().unwrap();
            all.0.extend(statuses);
            all.1 = all.1.max(longest);
        }
        all
    })
}

/// Waits until Redis counts again.
fn counts_again(gateway: &RunningGateway) {
    let begin = Instant::now();
    while gateway.get("/").send().header("x-ratelimit-remaining").is_none() {
        assert!(begin.elapsed() < PATIENCE, "never counted again: {:#?}", gateway.wasm_log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn pause() {
    std::thread::sleep(Duration::from_millis(800));
}

/// Gives the plugin's log.
fn outage(name: &str, more: Value, expected: &[u16], events: impl FnOnce(&Redis)) -> Vec<String> {
    let redis = Redis::options().setting("enable-debug-command", &["yes"]).start();
    let upstream = Upstream::start(|_| Answer::ok(""));
    let gateway = start(&redis, &upstream, more);
    counts_again(&gateway);
    let (statuses, longest) = under_load(&gateway, || events(&redis));
    println!("{name}: {} answers, the longest after {} ms of {TIMEOUT}", statuses.len(), longest.as_millis());
    assert!(statuses.iter().all(|status| expected.contains(status)), "{name}: {statuses:?}");
    assert!(statuses.len() > 50, "{name}: only {} answers", statuses.len());
    // Other work on the machine may delay any answer; one that waits for Redis without end would take far longer.
    assert!(longest < Duration::from_millis(TIMEOUT) + Duration::from_secs(10), "{name}: {longest:?}");
    counts_again(&gateway);
    let log = gateway.wasm_log();
    let ours: Vec<_> = log.iter().filter(|line| line.contains("onError") || line.contains("answers again")).collect();
    assert!(ours.len() <= 12, "{name}: a few lines for each worker, not one a request: {ours:#?}");
    assert!(!gateway.log_contains("panic"), "{name}");
    log
}

type Outage = (&'static str, fn(&Redis));

/// What becomes of Redis, and how it comes back.
const OUTAGES: [Outage; 9] = [
    ("refuses", |redis| {
        redis.kill();
        pause();
        redis.restart();
    }),
    ("hangs", |redis| {
        redis.pause();
        pause();
        redis.resume();
    }),
    ("resets", |redis| {
        for _ in 0..20 {
            redis.command(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
            std::thread::sleep(Duration::from_millis(50));
        }
    }),
    ("has another password", |redis| {
        redis.command(["CONFIG", "SET", "requirepass", "other"]);
        // Connections that are there stay logged in; new ones are not.
        redis.command(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
        pause();
        redis.command(["CONFIG", "SET", "requirepass", ""]);
    }),
    ("is flushed", |redis| {
        for _ in 0..20 {
            redis.command(["FLUSHALL"]);
            redis.command(["SCRIPT", "FLUSH"]);
            std::thread::sleep(Duration::from_millis(50));
        }
    }),
    ("restarts", |redis| {
        redis.kill();
        redis.restart();
    }),
    ("is a replica", |redis| {
        redis.command(["REPLICAOF", "127.0.0.1", "1"]);
        pause();
        redis.command(["REPLICAOF", "NO", "ONE"]);
    }),
    ("takes no writes", |redis| {
        // `NOREPLICAS`: an answer that is an error, as `MISCONF` and `OOM` are.
        redis.command(["CONFIG", "SET", "min-replicas-to-write", "1"]);
        pause();
        redis.command(["CONFIG", "SET", "min-replicas-to-write", "0"]);
    }),
    ("reads its data in", load),
];

/// Lets Redis read its data in again, which takes it at least a second, in which it answers `LOADING`.
fn load(redis: &Redis) {
    redis.command(["DEBUG", "POPULATE", "2000"]);
    redis.command(["CONFIG", "SET", "key-load-delay", "500"]);
    redis.command(["CONFIG", "SET", "loading-process-events-interval-bytes", "1024"]);
    assert_eq!(redis.text(["DEBUG", "RELOAD"]).as_deref(), Some("OK"));
}

fn each_outage(name: &str, more: Value, expected: &[u16]) {
    for (outage_name, happens) in OUTAGES {
        outage(&format!("{name}, Redis {outage_name}"), more.clone(), expected, |redis| {
            happens(redis);
            pause();
        });
    }
}

#[testkit::scenario(higress)]
fn allowing() {
    each_outage("allow", json!({}), &[200]);
}

#[testkit::scenario(higress)]
fn denying() {
    each_outage("deny", json!({"onError": "deny"}), &[200, 503]);
}

#[testkit::scenario(higress)]
fn counted_by_each_worker() {
    each_outage("local", json!({"onError": "local", "localWorkers": 2}), &[200]);
}

/// What Redis says is passed on to the operator.
#[testkit::scenario(higress)]
fn an_operator_hears_that_redis_reads_its_data_in() {
    let log = outage("deny, Redis reads its data in", json!({"onError": "deny"}), &[200, 503], load);
    let told: Vec<_> = log.iter().filter(|line| line.contains("LOADING") && line.contains("onError")).collect();
    assert!(!told.is_empty(), "{log:#?}");
}

/// Whatever happens, no key stays for ever.
#[testkit::scenario(higress)]
fn every_key_has_an_end() {
    let (redis, upstream) = (Redis::start(), Upstream::start(|_| Answer::ok("")));
    let gateway = start(
        &redis,
        &upstream,
        json!({
            "rules": [
                {"name": "key", "by": [{"header": "x-key"}], "limits": [{"count": 2, "per": "day"}, {"count": 5, "per": "hour", "algorithm": "gcra"}]},
                {"name": "all", "limits": [{"count": 50, "per": "minute", "algorithm": "slidingWindow"}, {"count": 1000, "per": "2h", "algorithm": "firstRequestWindow"}]},
            ],
        }),
    );
    for number in 0..100 {
        gateway.get("/").header("x-key", (number % 30).to_string()).send();
    }
    let script = "local lost = 0 for _, key in ipairs(redis.call('KEYS', '*')) do \
                  if redis.call('PTTL', key) == -1 then lost = lost + 1 end end return {#redis.call('KEYS', '*'), lost}";
    let testkit::RedisReply::Array(counts) = redis.command(["EVAL", script, "0"]) else { panic!("a list") };
    let [testkit::RedisReply::Integer(keys), testkit::RedisReply::Integer(lost)] = counts[..] else {
        panic!("{counts:?}")
    };
    assert!(keys >= 62 - 20 && lost == 0, "{keys} keys, {lost} without an end");
}
