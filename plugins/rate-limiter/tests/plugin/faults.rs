//! Faulty configurations: all faults at once, each with its path, and nothing is silently ignored.

use plugin_core::testing::Bench;
use rate_limiter::RateLimiter;
use serde_json::{Value, json};

fn faults(config: &Value) -> Vec<String> {
    let log = Bench::<RateLimiter>::new(&config.to_string()).err().unwrap_or_else(|| panic!("accepted: {config}"));
    let lines = log.lines().filter_map(|line| line.split_once("configuration: "));
    lines.map(|(_, fault)| fault.to_owned()).collect()
}

fn with(mut config: Value, more: Value) -> Value {
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config
}

fn documents(more: Value) -> Value {
    with(json!({"serviceName": "redis.static", "qpm": 10}), more)
}

fn own(rule: Value) -> Value {
    let rule = with(json!({"name": "r", "limits": [{"count": 1, "per": "minute"}]}), rule);
    json!({"serviceName": "redis.static", "rules": [rule]})
}

fn cluster_key(item: Value) -> Value {
    json!({"rule_name": "r", "rule_items": [item], "redis": {"service_name": "redis.static"}})
}

#[test]
fn one_fault_is_one_line() {
    let limits = |limit: Value| own(json!({"limits": [limit]}));
    let keys = json!([{"key": "a", "query_per_minute": 1}]);
    let cases = [
        (documents(json!({"qpm": 1.5})), "$.qpm: found 1.5, allowed: a whole number"),
        (documents(json!({"qpm": -1})), "$.qpm: found -1, allowed: "),
        (documents(json!({"qpm": "10"})), "$.qpm: found \"10\", allowed: a whole number from 0 up (without quotes)"),
        (documents(json!({"qpm": 2_000_000_000})), "$.qpm: found a limit of 2000000000, allowed: up to 1000000000"),
        (documents(json!({"qmp": 1})), "$: unknown key `qmp`; did you mean `qpm`?"),
        (json!({"serviceName": "redis.static"}), "$: what is to be limited? give one of `qpm`, "),
        (json!({"qpm": 1}), "$: where is Redis? "),
        (documents(json!({"servicePort": 70000})), "$.servicePort: found 70000"),
        (documents(json!({"cluster": "redis"})), "$: "),
        (
            documents(json!({"password": 12345678901234567_u64})),
            "$.password: found a value that is not shown (its key looks secret), allowed: a string in quotes",
        ),
        (documents(json!({"username": 1.5})), "$.username: found 1.5, allowed: a string in quotes"),
        (documents(json!({"redis": {"service_name": "redis.static"}})), "$.redis: found, and `serviceName`"),
        (
            documents(json!({"rules": [{"name": "r", "limits": [{"count": 1, "per": "day"}]}]})),
            "$.rules: found beside `qpm`",
        ),
        (
            documents(json!({"rejected_code": 429})),
            "$.rejected_code: goes with `rule_items` or `global_threshold` only",
        ),
        (documents(json!({"onError": "open"})), "$.onError: found \"open\", allowed: "),
        (documents(json!({"localWorkers": 4})), "$.localWorkers: goes with `onError: local` only"),
        (documents(json!({"errorReply": {"status": 500}})), "$.errorReply: goes with `onError: deny` only"),
        (documents(json!({"onError": "local", "localWorkers": 0})), "$.localWorkers: found 0, allowed: 1 to 1000000"),
        (documents(json!({"breaker": {"failures": 0}})), "$.breaker.failures: found 0, allowed: "),
        (documents(json!({"breaker": {"probe": 1}})), "$.breaker.probe: found 1, allowed: 10 to 600000"),
        (documents(json!({"lease": {"max": 1}})), "$.lease.max: found 1, allowed: 2 to 100000"),
        (documents(json!({"lease": {"max": 5, "ttl": 1}})), "$.lease.ttl: found 1, allowed: 10 to 60000"),
        (documents(json!({"reply": {"status": 199}})), "$.reply.status: found 199, allowed: a status from 200 to 599"),
        (documents(json!({"reply": {"headers": {"content-length": "1"}}})), "$.reply.headers"),
        (documents(json!({"reply": {"status": 204, "body": "x"}})), "$.reply.body: found a body, allowed: none"),
        (
            documents(json!({"onError": "deny", "errorReply": {"status": 304, "body": "x"}})),
            "$.errorReply.body: found a body, allowed: none",
        ),
        (documents(json!({"quotaHeaders": ["x-rate-limit"]})), "$.quotaHeaders[0]: found \"x-rate-limit\", allowed: "),
        (documents(json!({"algorithm": "bucket"})), "$.algorithm: found \"bucket\", allowed: "),
        (
            documents(json!({"trustedProxies": ["10.0.0.0/40"]})),
            "$.trustedProxies[0]: found \"10.0.0.0/40\", allowed: an address or a network",
        ),
        (documents(json!({"addressHeader": "x-real-ip"})), "$.addressHeader: of no use without `trustedProxies`"),
        (documents(json!({"ipv6Prefix": 129})), "$.ipv6Prefix: found 129, allowed: 0 to 128 bits"),
        (
            documents(json!({"explain": {"header": "x-why", "secret": ""}})),
            "$.explain.secret: found an empty string, allowed: ",
        ),
        (own(json!({"name": ""})), "$.rules[0].name: found an empty string"),
        (own(json!({"limits": []})), "$.rules[0].limits: found an empty list"),
        (limits(json!({"count": 1, "per": "week"})), "$.rules[0].limits[0].per: found \"week\", allowed: `second`, "),
        (limits(json!({"count": 1, "per": "0s"})), "$.rules[0].limits[0].per: found \"0s\", allowed: "),
        (limits(json!({"count": 1, "per": "367d"})), "$.rules[0].limits[0].per: found \"367d\", allowed: "),
        (
            limits(json!({"count": 1, "per": "minute", "burst": 5})),
            "$.rules[0].limits[0].burst: of use to the algorithm `gcra` only",
        ),
        (
            limits(json!({"count": 1, "per": "day", "burst": 0, "algorithm": "gcra"})),
            "$.rules[0].limits[0].burst: found 0",
        ),
        (
            limits(json!({"count": 1_000_000_000, "per": "366d", "algorithm": "gcra"})),
            "$.rules[0].limits[0]: found a burst of 1000000000",
        ),
        (
            own(json!({"limits": [{"count": 1, "per": "minute"}, {"count": 2, "per": "60s"}]})),
            "$.rules[0].limits[1]: another limit before it",
        ),
        (own(json!({"missing": "skip"})), "$.rules[0].missing: of no use without `by`"),
        (
            own(json!({"allow": ["a"]})),
            "$.rules[0].allow[0]: values can be named only where `by` has exactly one source",
        ),
        (
            own(json!({"by": [{"header": "x"}], "deny": ["regexp:("]})),
            "$.rules[0].deny[0]: found \"regexp:(\", allowed: a regular expression",
        ),
        (
            own(json!({"by": ["clientAddress"], "allow": ["host"]})),
            "$.rules[0].allow[0]: found \"host\", allowed: an address or a network",
        ),
        (own(json!({"by": [{"header": "a b"}]})), "$.rules[0].by[0].header: found \"a b\", allowed: a header name"),
        (own(json!({"by": ["address"]})), "$.rules[0].by[0]: found \"address\", allowed: "),
        (own(json!({"maxCost": 5})), "$.rules[0].maxCost: of no use without `costHeader`"),
        (own(json!({"costHeader": "x-cost", "maxCost": 0})), "$.rules[0].maxCost: found 0, allowed: at least 1"),
        (json!({"serviceName": "redis.static", "rules": []}), "$.rules: found an empty list"),
        (
            json!({"rule_items": [{"limit_by_header": "x", "limit_keys": keys}], "redis": {"service_name": "r.dns"}}),
            "$: missing key `rule_name`",
        ),
        (
            cluster_key(json!({"limit_keys": keys})),
            "$.rule_items[0]: found none of them, allowed: exactly one of limit_by_header, ",
        ),
        (
            cluster_key(json!({"limit_by_header": "x", "limit_by_param": "y", "limit_keys": keys})),
            "$.rule_items[0]: found more than one of them",
        ),
        (cluster_key(json!({"limit_by_header": "x"})), "$.rule_items[0]: missing key `limit_keys`"),
        (
            cluster_key(json!({"limit_by_header": "x", "limit_keys": []})),
            "$.rule_items[0].limit_keys: found an empty list",
        ),
        (
            cluster_key(json!({"limit_by_per_header": "x", "limit_keys": keys})),
            "$.rule_items[0].limit_keys[0].key: found \"a\", allowed for `limit_by_per_*`",
        ),
        (
            cluster_key(
                json!({"limit_by_per_ip": "from-header-", "limit_keys": [{"key": "1.1.1.1", "query_per_day": 1}]}),
            ),
            "$.rule_items[0].limit_by_per_ip: found \"from-header-\", allowed: ",
        ),
        (
            cluster_key(
                json!({"limit_by_per_ip": "from-remote-addr", "limit_keys": [{"key": "1.1.1", "query_per_day": 1}]}),
            ),
            "$.rule_items[0].limit_keys[0].key: found \"1.1.1\", allowed: an address",
        ),
        (
            cluster_key(json!({"limit_by_header": "x", "limit_keys": [{"key": "a"}]})),
            "$.rule_items[0].limit_keys[0]: found 0 limits, allowed: one of query_per_second",
        ),
        (
            cluster_key(
                json!({"limit_by_header": "x", "limit_keys": [{"key": "a", "query_per_day": 1, "query_per_hour": 1}]}),
            ),
            "$.rule_items[0].limit_keys[0]: found 2 limits",
        ),
        (
            json!({"rule_name": "r", "rule_items": [], "redis": {"service_name": "r.dns"}}),
            "$.rule_items: found an empty list",
        ),
        (
            json!({"rule_name": "r", "global_threshold": {}, "redis": {"service_name": "r.dns"}}),
            "$.global_threshold: found 0 limits",
        ),
    ];
    let mut wrong = Vec::new();
    for (config, expected) in cases {
        let found = faults(&config);
        if found.len() != 1 || !found[0].starts_with(expected) {
            wrong.push(format!("{config}\n  wanted: {expected}\n  found: {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_faults_are_named_at_once() {
    let found = faults(&json!({
        "serviceNam": "redis.static",
        "qpm": -5,
        "onError": "local",
        "localWorkers": "8",
        "breaker": {"failure": 3},
        "_rules_": [{"_match_domain_": ["a"], "serviceName": "r.dns", "rules": [{"name": "r", "limits": [{"count": 1, "per": "x"}, {"count": "1", "per": "day"}]}]}],
    }));
    for path in [
        "$: unknown key `serviceNam`",
        "$.qpm: ",
        "$.localWorkers: ",
        "$.breaker: unknown key `failure`",
        "$._rules_[0].rules[0].limits[0].per: ",
        "$._rules_[0].rules[0].limits[1].count: ",
    ] {
        assert!(found.iter().any(|fault| fault.starts_with(path)), "no {path} in {found:#?}");
    }
}

#[test]
fn no_secret_is_shown() {
    let config = documents(
        json!({"username": "canary-u", "password": "canary-p", "explain": {"header": "x", "secret": "canary-s"}, "onErr": 1}),
    );
    let log = Bench::<RateLimiter>::new(&config.to_string()).err().unwrap();
    assert!(log.contains("onErr") && !log.contains("canary"), "{log}");
}
