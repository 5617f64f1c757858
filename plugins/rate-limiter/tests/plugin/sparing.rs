//! Round trips that are not made: remembered refusals, joined calls, leases.

use super::{Setup, metric, refused};
use plugin_core::testing::TestExchange;
use serde_json::json;
use std::time::Duration;

fn day(count: u64) -> serde_json::Value {
    json!({"rules": [{"name": "r", "by": [{"header": "x-key"}], "limits": [{"count": count, "per": "day"}]}]})
}

#[test]
fn a_remembered_refusal_costs_no_call() {
    let setup = Setup::new(day(2));
    assert_eq!(setup.passed(3, &[("x-key", "a")]), 2);
    let calls = setup.bench.redis_calls().len();
    for _ in 0..100 {
        assert!(refused(&setup.with("/", &[("x-key", "a")])).is_some());
    }
    assert_eq!(setup.bench.redis_calls().len(), calls);
    assert_eq!(setup.passed(3, &[("x-key", "b")]), 2, "another subject");
    assert_eq!(metric("rate_limiter.r.refused"), 102);
}

#[test]
fn it_is_forgotten_when_it_ends() {
    let setup =
        Setup::new(json!({"rules": [{"name": "r", "limits": [{"count": 1, "per": "200ms", "algorithm": "gcra"}]}]}));
    assert_eq!(setup.passed(2, &[]), 1);
    std::thread::sleep(Duration::from_millis(250));
    setup.bench.advance(Duration::from_millis(250));
    assert!(setup.get("/").is_forwarded(), "the plugin's clock and Redis's both went on");
}

#[test]
fn calls_of_one_subject_go_together() {
    let setup = Setup::new(day(30));
    setup.with("/", &[("x-key", "a")]);
    let before = setup.bench.redis_calls().len();
    let ask = |key: &'static str| setup.bench.request("GET", "/", &[("x-key", key)], true);
    let all: Vec<TestExchange> = (0..40).map(|_| ask("a")).collect();
    let other = ask("b");
    assert_eq!(setup.serve(), 3, "the first, all others, and the other subject");
    assert_eq!(setup.bench.redis_calls().len(), before + 3);
    assert_eq!(all.iter().filter(|exchange| exchange.is_forwarded()).count(), 29, "exactly the limit");
    assert_eq!(all.iter().filter(|exchange| exchange.reply().is_some()).count(), 11);
    assert!(other.is_forwarded());
}

/// Redis takes 600 of the 1000 ms that a request waits. Those who join wait for two calls; the second has the time of
/// the one that came last, so it is there for all who still wait.
#[test]
fn a_joined_call_has_the_time_of_its_youngest() {
    let mut config = day(30);
    (config["timeout"], config["onError"]) = (1000.into(), "deny".into());
    let setup = Setup::new(config);
    let advance = |ms: u64| setup.bench.advance(Duration::from_millis(ms));
    let ask = || setup.bench.request("GET", "/", &[("x-key", "a")], true);
    // The script is known to Redis, so that each call is one command.
    setup.with("/", &[("x-key", "b")]);
    let before = setup.bench.redis_calls().len();
    let first = ask();
    advance(50);
    let old = ask();
    advance(540);
    let young = ask();
    advance(10);
    assert_eq!(setup.answer(before), "EVALSHA");
    assert!(first.is_forwarded() && !old.is_forwarded() && !young.is_forwarded());
    advance(600);
    assert_eq!((refused(&old).unwrap().0, young.is_answered()), (503, false), "each waits its own time");
    setup.answer(before + 1);
    assert!(young.is_forwarded());
    assert_eq!(metric("rate_limiter.r.errors"), 0);
}

/// Each of those that went together is told its own place.
#[test]
fn each_is_told_its_own_place() {
    let setup = Setup::new(
        json!({"rules": [{"name": "r", "limits": [{"count": 10, "per": "day"}]}], "quotaHeaders": ["x-ratelimit"]}),
    );
    let all: Vec<TestExchange> = (0..10).map(|_| setup.bench.get("/")).collect();
    setup.serve();
    let left = all.iter().map(|exchange| super::answered(exchange, &["x-ratelimit-remaining"]).remove(0).unwrap());
    let mut left: Vec<u64> = left.map(|text| text.parse().unwrap()).collect();
    left.sort_unstable();
    assert_eq!(left, (0..10).collect::<Vec<_>>());
}

#[test]
fn leases_spare_calls_and_keep_the_limit() {
    let mut config = day(10_000);
    config["lease"] = json!({"max": 100, "ttl": 60_000});
    let setup = Setup::new(config);
    let passed = setup.passed(12_000, &[("x-key", "hot")]);
    assert_eq!(passed, 10_000, "one worker loses nothing");
    let calls = setup.bench.redis_calls().len();
    assert!(calls * 20 <= 10_000, "{calls} calls");
    // A cold subject is counted one by one.
    setup.with("/", &[("x-key", "cold")]);
    let digest = setup.keys().len();
    assert_eq!(digest, 2);
}

#[test]
fn what_a_lease_does_not_spend_is_lost_and_the_next_is_smaller() {
    let mut config = day(1000);
    config["lease"] = json!({"max": 64, "ttl": 1000});
    let setup = Setup::new(config);
    let used = || {
        let value = setup.redis.text(["GET", &setup.keys()[0]]).unwrap();
        value.split(':').nth(1).unwrap().parse::<usize>().unwrap()
    };
    assert_eq!(setup.passed(100, &[("x-key", "a")]), 100);
    let taken = used();
    assert!((100..164).contains(&taken), "{taken}");
    setup.bench.advance(Duration::from_secs(2));
    assert_eq!(setup.passed(1, &[("x-key", "a")]), 1);
    assert!(used() - taken <= 32, "half of the last one at most");
}

/// Who came lately is remembered, who came long ago is not.
#[test]
fn the_last_subjects_are_remembered() {
    let setup = Setup::new(json!({"onError": "local", "lease": {"max": 10}, "breaker": {"failures": 1},
        "rules": [{"name": "r", "by": [{"header": "x-key"}], "limits": [{"count": 1, "per": "day"}]}]}));
    setup.bench.forget_cluster("outbound|80||redis.static");
    for index in 0..25_000 {
        let key = index.to_string();
        let first = setup.bench.request("GET", "/", &[("x-key", &key)], true);
        assert!(first.is_forwarded());
    }
    assert_eq!(setup.passed(3, &[("x-key", "24999")]), 0, "who came lately is remembered");
    assert_eq!(setup.passed(3, &[("x-key", "0")]), 1, "who came long ago is not");
}
