//! Many clients, several gateways with several workers, one limit: exactly so many requests pass.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics is a test that fails"
)]

use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::{Answer, Gateway, Redis, RunningGateway, Upstream};

const LIMIT: usize = 500;
const GATEWAYS: usize = 4;
const CONNECTIONS: usize = 64;
/// Requests of each connection: more than twice the limit in all.
const EACH: usize = 20;

fn start(redis: &Redis, upstream: &Upstream, config: &Value) -> Vec<RunningGateway> {
    let gateway = || {
        let gateway = Gateway::new().plugin("rate-limiter", config.clone()).upstream(upstream);
        gateway.cluster("outbound|80||redis.static", redis).log_level("wasm", "info").concurrency(2).start()
    };
    (0..GATEWAYS).map(|_| gateway()).collect()
}

/// How many of all requests pass; each gets an answer.
fn storm(gateways: &[RunningGateway]) -> usize {
    let (passed, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for number in 0..CONNECTIONS {
            let gateway = &gateways[number % gateways.len()];
            let (passed, refused) = (&passed, &refused);
            scope.spawn(move || {
                let mut connection = gateway.connect();
                for _ in 0..EACH {
                    match connection.send(&gateway.get("/")).status {
                        200 => passed.fetch_add(1, Ordering::Relaxed),
                        429 => refused.fetch_add(1, Ordering::Relaxed),
                        status => panic!("status {status}"),
                    };
                }
            });
        }
    });
    assert_eq!(passed.load(Ordering::Relaxed) + refused.load(Ordering::Relaxed), CONNECTIONS * EACH);
    passed.into_inner()
}

fn calls(redis: &Redis) -> u64 {
    let stats = redis.text(["INFO", "commandstats"]).unwrap();
    let of = |name: &str| {
        let line = stats.lines().find_map(|line| line.strip_prefix(name)).and_then(|line| line.split(',').next());
        line.map_or(0, |calls| calls.parse::<u64>().unwrap())
    };
    of("cmdstat_eval:calls=") + of("cmdstat_evalsha:calls=")
}

/// A day's limit, so that no window ends in the middle; GCRA leaks less than one request in the time of the test.
fn daily(algorithm: &str) -> Value {
    let limit = json!({"count": LIMIT, "per": "day", "algorithm": algorithm});
    json!({"serviceName": "redis.static", "timeout": 20_000, "rules": [{"name": "r", "limits": [limit]}]})
}

fn exactly_the_limit(algorithm: &str) {
    let (redis, upstream) = (Redis::start(), Upstream::start(|_| Answer::ok("")));
    let gateways = start(&redis, &upstream, &daily(algorithm));
    assert_eq!(storm(&gateways), LIMIT, "{algorithm}");
    assert_eq!(upstream.count(), LIMIT);
    println!("{algorithm}: {} calls for {} requests", calls(&redis), CONNECTIONS * EACH);
}

#[testkit::scenario(higress)]
fn fixed_window() {
    exactly_the_limit("fixedWindow");
}

#[testkit::scenario(higress)]
fn first_request_window() {
    exactly_the_limit("firstRequestWindow");
}

#[testkit::scenario(higress)]
fn sliding_window() {
    exactly_the_limit("slidingWindow");
}

#[testkit::scenario(higress)]
fn gcra() {
    exactly_the_limit("gcra");
}

/// The documents' limiter, within one minute of the clock.
#[testkit::scenario(higress)]
fn per_minute() {
    let (redis, upstream) = (Redis::start(), Upstream::start(|_| Answer::ok("")));
    let config = json!({"serviceName": "redis.static", "timeout": 20_000, "qpm": LIMIT});
    let gateways = start(&redis, &upstream, &config);
    let minute = || redis.text(["EVAL", "return math.floor(redis.call('TIME')[1] / 60)", "0"]).unwrap();
    // A slow machine may need longer than what is left of a minute. What was refused then stays so until its end.
    let passed = (0..5).find_map(|_| {
        let before = minute();
        let passed = storm(&gateways);
        let whole = minute() == before;
        if !whole {
            let ended = minute();
            while minute() == ended {
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
        }
        whole.then_some(passed)
    });
    assert_eq!(passed, Some(LIMIT));
}

/// With leases a worker may hold units that it does not spend: the bound that the README states.
#[testkit::scenario(higress)]
fn leases_keep_their_bound_and_spare_calls() {
    const MAX: usize = 50;
    let (redis, upstream) = (Redis::start(), Upstream::start(|_| Answer::ok("")));
    let mut config = daily("fixedWindow");
    config["lease"] = json!({"max": MAX, "ttl": 60_000});
    let gateways = start(&redis, &upstream, &config);
    let passed = storm(&gateways);
    assert!((LIMIT - 2 * GATEWAYS * MAX..=LIMIT).contains(&passed), "{passed}");
    println!("leases: {passed} passed, {} calls", calls(&redis));
}

/// A subject that many ask for, in several workers: leases, and no luck of requests that arrive at once.
#[testkit::scenario(higress)]
fn leases_need_a_twentieth_of_the_calls() {
    const ONE_BY_ONE: usize = 3000;
    let (redis, upstream) = (Redis::start(), Upstream::start(|_| Answer::ok("")));
    let limit = json!({"count": 1_000_000, "per": "day"});
    let rule = json!({"name": "hot", "by": [{"header": "x-key"}], "limits": [limit]});
    let config = json!({"serviceName": "redis.static", "timeout": 20_000, "rules": [rule],
                        "lease": {"max": 100, "ttl": 60_000}});
    let gateways = start(&redis, &upstream, &config);
    // One connection for each worker: none of its requests can join another one's call.
    std::thread::scope(|scope| {
        for number in 0..2 * GATEWAYS {
            let gateway = &gateways[number % GATEWAYS];
            scope.spawn(move || {
                let mut connection = gateway.connect();
                for _ in 0..ONE_BY_ONE / 2 / GATEWAYS {
                    assert_eq!(connection.send(&gateway.get("/").header("x-key", "hot")).status, 200);
                }
            });
        }
    });
    let (requests, calls) = (upstream.count(), calls(&redis) as usize);
    println!("leases: {calls} calls for {requests} requests of one subject");
    assert_eq!(requests, ONE_BY_ONE);
    assert!(calls * 20 <= requests, "{calls} calls for {requests} requests");
}
