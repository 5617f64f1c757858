//! Configurations of `cluster-key-rate-limit`, as that plugin's own pages write them.

use super::{Setup, answered, header, metric, refused};
use plugin_core::testing::Bench;
use rate_limiter::RateLimiter;
use serde_json::{Value, json};

fn config(yaml: &str) -> Value {
    serde_yaml::from_str(yaml).unwrap()
}

const PARAM: &str = r#"
rule_name: routeA-request-param-limit-rule
rule_items:
- limit_by_param: apikey
  limit_keys:
  - key: 9a342114-ba8a-11ec-b1bf-00163e1250b5
    query_per_minute: 2
  - key: 102234
    query_per_hour: 3
- limit_by_per_param: apikey
  limit_keys:
  - key: "regexp:^a.*"
    query_per_minute: 1
  - key: "regexp:^b.*"
    query_per_hour: 2
  - key: "*"
    query_per_day: 4
redis:
  service_name: redis.static
show_limit_quota_header: true
"#;

#[test]
fn parameters_choose_their_limit() {
    let setup = Setup::new(config(PARAM));
    for (key, expected) in
        [("9a342114-ba8a-11ec-b1bf-00163e1250b5", 2), ("102234", 3), ("a1", 1), ("a2", 1), ("b1", 2), ("c", 4), ("", 4)]
    {
        let path = format!("/?x=1&apikey={key}");
        let passed = (0..6).filter(|_| setup.get(&path).is_forwarded()).count();
        assert_eq!(passed, expected, "{key}");
    }
    let calls = setup.bench.redis_calls().len();
    assert!(setup.get("/?other=1").is_forwarded() && setup.get("/").is_forwarded());
    assert_eq!(setup.bench.redis_calls().len(), calls, "what no rule is for costs nothing");
}

#[test]
fn quota_headers_are_those_of_higress() {
    let setup = Setup::new(config(PARAM));
    let names = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "calltimeleft"];
    let told = answered(&setup.get("/?apikey=b1"), &names);
    assert_eq!(told, [Some("2".to_owned()), Some("1".to_owned()), None, None]);
    setup.get("/?apikey=b1");
    let (status, headers, body) = refused(&setup.get("/?apikey=b1")).unwrap();
    assert_eq!((status, body.as_str()), (429, "Too many requests"));
    assert_eq!(header(&headers, "x-ratelimit-limit").as_deref(), Some("2"));
    assert_eq!(header(&headers, "x-ratelimit-remaining").as_deref(), Some("0"));
    // The window began with the first request, not with the clock's hour.
    let reset: u64 = header(&headers, "x-ratelimit-reset").unwrap().parse().unwrap();
    assert!((3590..=3600).contains(&reset), "{reset}");
}

#[test]
fn without_quota_headers_a_refusal_tells_its_reset_only() {
    let mut config = config(PARAM);
    config["show_limit_quota_header"] = false.into();
    let setup = Setup::new(config);
    let told = answered(&setup.get("/?apikey=a"), &["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]);
    assert_eq!(told, [None, None, None]);
    let (_, headers, _) = refused(&setup.get("/?apikey=a")).unwrap();
    assert!(header(&headers, "x-ratelimit-reset").is_some() && header(&headers, "x-ratelimit-limit").is_none());
}

#[test]
fn headers_consumers_and_cookies() {
    let setup = Setup::new(config(
        r#"
rule_name: default_rule
rule_items:
- limit_by_header: X-CA-Key
  limit_keys:
  - {key: 102234, query_per_minute: 1}
- limit_by_per_header: x-ca-key
  limit_keys:
  - {key: "regexp:^a.*", query_per_hour: 2}
- limit_by_consumer: ''
  limit_keys:
  - {key: consumer1, query_per_hour: 1}
- limit_by_per_consumer: ''
  limit_keys:
  - {key: "*", query_per_hour: 2}
- limit_by_cookie: key1
  limit_keys:
  - {key: value1, query_per_hour: 1}
- limit_by_per_cookie: key1
  limit_keys:
  - {key: "*", query_per_hour: 2}
rejected_code: 200
rejected_msg: '{"code":-1,"msg":"Too many requests"}'
redis:
  service_name: redis.static
"#,
    ));
    for (headers, expected) in [
        (&[("x-ca-key", "102234")][..], 1),
        (&[("x-ca-key", "a")], 2),
        // The value has no key in the items for this header. Two items fit the consumer, and both hold.
        (&[("x-ca-key", "z"), ("x-mse-consumer", "consumer1")], 1),
        (&[("x-mse-consumer", "consumer2")], 2),
        (&[("cookie", "a=b; key1=value1")], 1),
        (&[("cookie", "a=b"), ("cookie", "key1=other")], 2),
        (&[("cookie", "a=b")], 3),
        (&[], 3),
    ] {
        assert_eq!(setup.passed(3, headers), expected, "{headers:?}");
    }
    let (status, _, body) = refused(&setup.with("/", &[("x-ca-key", "a")])).unwrap();
    assert_eq!((status, body.as_str()), (200, r#"{"code":-1,"msg":"Too many requests"}"#));
}

#[test]
fn addresses_from_a_header_and_from_the_connection() {
    let rule = |by: &str| {
        let keys = json!([
            {"key": "1.1.1.1", "query_per_day": 1},
            {"key": "1.1.1.0/24", "query_per_day": 2},
            {"key": "0.0.0.0/0", "query_per_day": 3},
        ]);
        json!({"rule_name": "ip", "rule_items": [{"limit_by_per_ip": by, "limit_keys": keys}],
               "redis": {"service_name": "redis.static"}})
    };
    let setup = Setup::new(rule("from-header-x-forwarded-for"));
    for (forwarded, expected) in [
        ("1.1.1.1", 1),
        ("1.1.1.2, 9.9.9.9", 2),
        ("1.1.1.3:1234", 2),
        ("2.2.2.2", 3),
        ("2001:db8::1", 5),
        ("nonsense", 5),
    ] {
        assert_eq!(setup.passed(5, &[("x-forwarded-for", forwarded)]), expected, "{forwarded}");
    }
    let setup = Setup::new(rule("from-remote-addr"));
    for (peer, expected) in [("1.1.1.1:5000", 1), ("1.1.1.2:5000", 2), ("1.1.1.2:5001", 0), ("[2001:db8::1]:80", 5)] {
        setup.bench.set_property("source.address", peer.as_bytes());
        assert_eq!(setup.passed(5, &[("x-forwarded-for", "2.2.2.2")]), expected, "{peer}");
    }
}

#[test]
fn a_threshold_for_all() {
    for (key, count) in [("query_per_minute", 2), ("query_per_hour", 3), ("query_per_day", 4)] {
        let setup = Setup::new(json!({
            "rule_name": "routeA-global-limit-rule",
            "global_threshold": {key: count, "query_per_second": 0},
            "redis": {"service_name": "redis.static", "service_port": 6379, "username": "", "password": "",
                      "timeout": 1000, "database": 0},
            "show_limit_quota_header": true,
        }));
        assert_eq!(setup.passed(6, &[]), count, "{key}");
    }
}

/// As in Higress since its pull request 4011 of June 2026.
#[test]
fn all_items_that_fit_hold_and_the_threshold_beside_them() {
    let item = |by: &str, name: &str, key: &str, per: &str, count: u64| json!({by: name, "limit_keys": [{"key": key, per: count}]});
    let config = |items: serde_json::Value| {
        json!({"rule_name": "r", "redis": {"service_name": "redis.static"}, "show_limit_quota_header": true,
               "global_threshold": {"query_per_hour": 6}, "rule_items": items})
    };
    let setup = Setup::new(config(json!([
        item("limit_by_header", "x-key", "a", "query_per_minute", 2),
        item("limit_by_per_param", "user", "*", "query_per_hour", 3),
    ])));
    let passed = |count: usize, path: &str, key: &str| {
        (0..count).filter(|_| setup.with(path, &[("x-key", key)]).is_forwarded()).count()
    };
    assert_eq!(passed(4, "/?user=1", "a"), 2, "the header is the tighter one");
    assert_eq!(
        setup.bench.redis_calls().len(),
        4,
        "one call for all three: the script, two that pass, one that does not"
    );
    assert_eq!(passed(4, "/?user=1", "b"), 1, "what was refused took nothing of the parameter's limit");
    assert_eq!(passed(4, "/?user=2", "b"), 3, "the parameter's own");
    assert_eq!(passed(4, "/", "c"), 0, "the threshold, which all the others took from");
    assert_eq!(setup.keys().len(), 4, "{:?}", setup.keys());
    assert_eq!((metric("rate_limiter.r.allowed"), metric("rate_limiter.r.refused")), (6, 10), "each request once");
}

/// Several times for one value, as the pages of that plugin write it, and the same time twice.
#[test]
fn items_for_one_value_hold_together() {
    let item = |per: &str, count: u64| json!({"limit_by_param": "apikey", "limit_keys": [{"key": "k", per: count}]});
    for (items, expected) in [
        (json!([item("query_per_day", 4), item("query_per_hour", 2)]), 2),
        (json!([item("query_per_day", 2), item("query_per_hour", 4)]), 2),
        (json!([item("query_per_hour", 2), item("query_per_hour", 4)]), 2),
        (json!([item("query_per_hour", 4), item("query_per_hour", 2)]), 2),
    ] {
        let setup =
            Setup::new(json!({"rule_name": "r", "rule_items": items, "redis": {"service_name": "redis.static"}}));
        assert_eq!((0..6).filter(|_| setup.get("/?apikey=k").is_forwarded()).count(), expected, "{items}");
    }
}

#[test]
fn configurations_of_one_name_count_together_with_however_many_items() {
    let config = |more: &[&str]| {
        let item = |by: &str| json!({by: "x-key", "limit_keys": [{"key": "a", "query_per_day": 3}]});
        let items: Vec<_> = ["limit_by_header"].iter().chain(more).map(|by| item(by)).collect();
        json!({"rule_name": "r", "rule_items": items, "redis": {"service_name": "redis.static"}})
    };
    let setup = Setup::new(config(&[]));
    assert_eq!(setup.passed(2, &[("x-key", "a")]), 2);
    assert!(setup.bench.configure(&config(&["limit_by_cookie"]).to_string()));
    assert_eq!(setup.passed(2, &[("x-key", "a")]), 1);
}

/// Texts may be numbers, and of a consumer the key alone counts, as where that plugin reads them.
#[test]
fn texts_may_be_written_as_numbers() {
    for (consumer, redis, password) in [
        (json!(true), json!({"redis": {"service_name": "r.dns", "username": 7, "password": 123}}), "123"),
        (json!(0), json!({"serviceName": "r.dns", "username": 7, "password": 456.0}), "456"),
        (json!(""), json!({"serviceName": "r.dns", "username": "7", "password": "0x7"}), "0x7"),
    ] {
        let keys = json!([{"key": 1, "query_per_day": 1}]);
        let mut config = json!({"rule_name": 1, "rule_items": [{"limit_by_consumer": consumer, "limit_keys": keys}]});
        config.as_object_mut().unwrap().extend(redis.as_object().unwrap().clone());
        let bench = Bench::<RateLimiter>::new(&config.to_string()).unwrap_or_else(|log| panic!("{config}: {log}"));
        let exchange = bench.request("GET", "/", &[("x-mse-consumer", "1")], true);
        assert!(!exchange.is_forwarded(), "it waits for Redis");
        let init = &bench.redis_inits()[0];
        assert_eq!((init.username.as_str(), init.password.as_str()), ("7", password));
    }
}

/// Configurations that share a name share what they count alike, and nothing else.
#[test]
fn a_value_and_each_value_count_apart() {
    let config = |by: &str, key: &str| {
        json!({"rule_name": "r", "redis": {"service_name": "redis.static"},
               "rule_items": [{by: "x-key", "limit_keys": [{"key": key, "query_per_day": 2}]}]})
    };
    let setup = Setup::new(config("limit_by_header", "a"));
    let passed = || setup.passed(3, &[("x-key", "a")]);
    assert_eq!(passed(), 2);
    assert!(setup.bench.configure(&config("limit_by_per_header", "*").to_string()));
    assert_eq!(passed(), 2);
    assert!(setup.bench.configure(&config("limit_by_per_header", "regexp:^a").to_string()));
    assert_eq!(passed(), 0);
}

/// A changed limit holds at once: what is kept is what was used, not what is left.
#[test]
fn a_changed_limit_holds_at_once() {
    let threshold = |count: u64| {
        json!({"rule_name": "r", "global_threshold": {"query_per_hour": count},
               "redis": {"service_name": "redis.static"}})
    };
    let setup = Setup::new(threshold(2));
    assert_eq!(setup.passed(4, &[]), 2);
    assert!(setup.bench.configure(&threshold(5).to_string()));
    assert_eq!(setup.passed(6, &[]), 3);
}

#[test]
fn another_algorithm_needs_one_more_key() {
    let mut config = config(PARAM);
    config["algorithm"] = "gcra".into();
    let setup = Setup::new(config);
    assert_eq!((0..5).filter(|_| setup.get("/?apikey=b1").is_forwarded()).count(), 2);
    assert!(setup.keys()[0].contains(":g3600000:"), "{:?}", setup.keys());
}
