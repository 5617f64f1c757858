//! Rules in the plugin's own words: subjects, several limits, lists, costs, shadow.

use super::{Setup, answered, metric, refused};
use serde_json::{Value, json};

/// One rule with one limit a day.
fn one(by: Value, count: u64) -> Value {
    json!({"rules": [{"name": "r", "by": by, "limits": [{"count": count, "per": "day"}]}]})
}

fn and(mut config: Value, key: &str, value: Value) -> Value {
    config["rules"][0][key] = value;
    config
}

#[test]
fn each_source_makes_a_subject() {
    let header = Setup::new(one(json!([{"header": "X-Key"}]), 1));
    assert_eq!([("a", 1), ("b", 1), ("a", 0)].map(|(key, _)| header.passed(2, &[("x-key", key)])), [1, 1, 0]);
    let cookie = Setup::new(one(json!([{"cookie": "sid"}]), 1));
    assert_eq!(["sid=1", "sid=2", "x=y; sid=1"].map(|value| cookie.passed(2, &[("cookie", value)])), [1, 1, 0]);
    let consumer = Setup::new(one(json!(["consumer"]), 1));
    assert_eq!(["a", "b", "a"].map(|value| consumer.passed(2, &[("x-mse-consumer", value)])), [1, 1, 0]);
    let query = Setup::new(one(json!([{"query": "key"}]), 1));
    let passed = |path: &str| usize::from(query.get(path).is_forwarded());
    assert_eq!(["/?key=1", "/?key=2", "/a?b=c&key=1"].map(passed), [1, 1, 0]);
    let route = Setup::new(one(json!(["route"]), 1));
    assert_eq!(
        ["x", "y", "x"].map(|name| {
            route.bench.set_property("route_name", name.as_bytes());
            route.passed(2, &[])
        }),
        [1, 1, 0]
    );
}

/// The gateway's authentication adds its header behind one that the client sent.
#[test]
fn a_consumer_is_who_authentication_says() {
    let setup = Setup::new(one(json!(["consumer"]), 1));
    let passed = |claimed: &str| setup.passed(2, &[("x-mse-consumer", claimed), ("x-mse-consumer", "alice")]);
    assert_eq!(["alice", "bob", "carol"].map(passed), [1, 0, 0]);
    assert_eq!(setup.passed(2, &[("x-mse-consumer", "bob")]), 1, "bob has lost nothing");
}

#[test]
fn sources_combine() {
    let setup = Setup::new(one(json!([{"header": "x-key"}, {"query": "tenant"}]), 1));
    let passed = |key: &str, tenant: &str| setup.with(&format!("/?tenant={tenant}"), &[("x-key", key)]).is_forwarded();
    assert_eq!(
        [passed("a", "1"), passed("a", "2"), passed("b", "1"), passed("a", "1"), passed("ab", "1"), passed("a", "b1")],
        [true, true, true, false, true, true]
    );
}

#[test]
fn a_client_is_who_trusted_proxies_say() {
    let mut config = one(json!(["clientAddress"]), 1);
    config["trustedProxies"] = json!(["10.0.0.0/8"]);
    let setup = Setup::new(config);
    let passed = |peer: &str, forwarded: &str| {
        setup.bench.set_property("source.address", peer.as_bytes());
        setup.with("/", &[("x-forwarded-for", forwarded)]).is_forwarded()
    };
    assert!(passed("10.0.0.1:1", "6.6.6.6, 192.0.2.1"));
    assert!(!passed("10.0.0.2:1", "7.7.7.7, 192.0.2.1"), "what stands left of the client may be invented");
    assert!(passed("203.0.113.1:1", "192.0.2.1"), "a client that is no proxy is itself");
    assert!(!passed("203.0.113.1:2", "1.2.3.4"));
    assert!(passed("[2001:db8::1]:1", ""));
    assert!(!passed("[2001:db8::2]:1", ""), "a /64 is one client");
    assert!(passed("[2001:db8:0:1::1]:1", ""));
}

#[test]
fn what_a_missing_source_means() {
    let config = |missing: &str| and(one(json!([{"header": "x-key"}]), 1), "missing", json!(missing));
    assert_eq!(Setup::new(one(json!([{"header": "x-key"}]), 1)).passed(3, &[]), 3);
    assert_eq!(Setup::new(config("skip")).passed(3, &[]), 3);
    let refuse = Setup::new(config("refuse"));
    assert_eq!((refuse.passed(3, &[]), refused(&refuse.get("/")).unwrap().0), (0, 429));
    assert_eq!(Setup::new(config("shared")).passed(3, &[]), 1);
    let client = Setup::new(config("clientAddress"));
    for peer in ["192.0.2.1:1", "192.0.2.2:1"] {
        client.bench.set_property("source.address", peer.as_bytes());
        assert_eq!(client.passed(3, &[]), 1, "{peer}");
    }
    // Nobody takes the shared part's place by sending a value.
    let shared = Setup::new(config("shared"));
    assert_eq!((shared.passed(3, &[]), shared.passed(3, &[("x-key", "missing")])), (1, 1));
}

#[test]
fn lists_let_pass_and_refuse() {
    let config = and(one(json!([{"header": "x-key"}]), 1), "allow", json!(["vip", "regexp:^team-"]));
    let setup = Setup::new(and(config, "deny", json!(["bad"])));
    for (key, expected) in [("vip", 3), ("team-a", 3), ("bad", 0), ("other", 1)] {
        assert_eq!(setup.passed(3, &[("x-key", key)]), expected, "{key}");
    }
    let (status, _, body) = refused(&setup.with("/", &[("x-key", "bad")])).unwrap();
    assert_eq!((status, body.as_str()), (403, "Forbidden\n"));
    let setup = Setup::new(and(one(json!(["clientAddress"]), 1), "allow", json!(["10.0.0.0/8"])));
    for (peer, expected) in [("10.1.1.1:1", 3), ("192.0.2.1:1", 1)] {
        setup.bench.set_property("source.address", peer.as_bytes());
        assert_eq!(setup.passed(3, &[]), expected, "{peer}");
    }
}

#[test]
fn overrides_hold_for_their_values() {
    let other = json!([{"value": "gold", "limits": [{"count": 3, "per": "day"}]}]);
    let setup = Setup::new(and(one(json!([{"header": "x-key"}]), 1), "overrides", other));
    assert_eq!(["gold", "tin"].map(|key| setup.passed(5, &[("x-key", key)])), [3, 1]);
}

#[test]
fn costs_come_from_a_header_or_stand_in_the_rule() {
    assert_eq!(Setup::new(and(one(json!([]), 10), "cost", json!(4))).passed(5, &[]), 2);
    assert_eq!(Setup::new(and(one(json!([]), 1), "cost", json!(0))).passed(5, &[]), 5);
    let setup = Setup::new(and(and(one(json!([]), 10), "costHeader", json!("x-cost")), "maxCost", json!(5)));
    let passed = |cost: &str| setup.with("/", &[("x-cost", cost)]).is_forwarded();
    // 5, then 1 each for what is not believed, then 2; 10 units are gone.
    assert_eq!(["5", "6", "-1", "much", "2", "1", "0"].map(passed), [true, true, true, true, true, false, false]);
    let setup = Setup::new(and(one(json!([]), 2), "costHeader", json!("x-cost")));
    assert_eq!(setup.passed(5, &[("x-cost", "0")]), 2, "nobody names a price of 0");
}

#[test]
fn all_limits_hold_and_one_that_is_full_spares_the_others() {
    let setup = Setup::new(json!({
        "quotaHeaders": ["x-ratelimit"],
        "rules": [
            {"name": "key", "by": [{"header": "x-key"}], "limits": [{"count": 2, "per": "day"}, {"count": 100, "per": "hour"}]},
            {"name": "all", "limits": [{"count": 3, "per": "day", "algorithm": "slidingWindow"}]},
        ],
    }));
    let told = answered(&setup.with("/", &[("x-key", "a")]), &["x-ratelimit-limit", "x-ratelimit-remaining"]);
    assert_eq!(told, [Some("2".to_owned()), Some("1".to_owned())], "the tightest");
    // The second "a" is the last one; the third and the fourth take nothing from "all", which has one left.
    assert_eq!(setup.passed(3, &[("x-key", "a")]), 1);
    assert_eq!(setup.passed(3, &[("x-key", "b")]), 1);
    let keys = setup.keys();
    let tag = |key: &String| key.split(['{', '}']).nth(1).unwrap().to_owned();
    assert!(keys.len() == 5 && keys.iter().all(|key| tag(key) == tag(&keys[0])), "one slot: {keys:?}");
    assert!(!keys.join("").contains("x-key"), "{keys:?}");
}

#[test]
fn every_algorithm_counts() {
    for (algorithm, burst, expected) in [
        ("fixedWindow", None, 4),
        ("firstRequestWindow", None, 4),
        ("slidingWindow", None, 4),
        ("gcra", None, 4),
        ("gcra", Some(2), 2),
    ] {
        let mut limit = json!({"count": 4, "per": "24h", "algorithm": algorithm});
        if let Some(burst) = burst {
            limit["burst"] = burst.into();
        }
        let setup = Setup::new(json!({"rules": [{"name": "r", "limits": [limit]}]}));
        assert_eq!(setup.passed(10, &[]), expected, "{algorithm} {burst:?}");
    }
}

/// Also of a bucket that would hold something, and where it only looks on.
#[test]
fn a_count_of_0_blocks_under_every_algorithm() {
    for limit in [
        json!({"count": 0, "per": "day"}),
        json!({"count": 0, "per": "day", "algorithm": "gcra"}),
        json!({"count": 0, "per": "day", "algorithm": "gcra", "burst": 5}),
    ] {
        let rule = json!({"name": "r", "limits": [limit]});
        assert_eq!(Setup::new(json!({"rules": [rule]})).passed(3, &[]), 0, "{rule}");
        let mut shadow = rule.clone();
        (shadow["name"], shadow["shadow"]) = ("s".into(), true.into());
        let other = json!({"name": "o", "limits": [{"count": 2, "per": "day"}]});
        assert_eq!(Setup::new(json!({"rules": [shadow, other]})).passed(3, &[]), 2, "{rule} in shadow");
    }
}

#[test]
fn a_shadow_counts_and_refuses_nobody() {
    let setup = Setup::new(and(one(json!([]), 2), "shadow", json!(true)));
    assert_eq!(setup.passed(5, &[]), 5);
    assert_eq!(metric("rate_limiter.r.shadow_refused"), 3);
    assert_eq!(metric("rate_limiter.r.allowed"), 5);
    assert_eq!(metric("rate_limiter.r.refused"), 0);
}
