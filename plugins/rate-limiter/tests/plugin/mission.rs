//! The limiter of the documents, to the letter, without its flaws.

use super::{Setup, answered, header, refused};
use serde_json::json;

/// Keeps clear of the end of a minute by Redis's clock.
fn early_in_a_minute(setup: &Setup) -> u64 {
    loop {
        let now: u64 = setup.redis.text(["EVAL", "return redis.call('TIME')[1]", "0"]).unwrap().parse().unwrap();
        if now % 60 < 50 {
            return now - now % 60;
        }
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
}

#[test]
fn so_many_pass_in_a_minute_and_the_next_is_refused() {
    let setup = Setup::new(json!({"qpm": 3}));
    let minute = early_in_a_minute(&setup).to_string();
    for left in ["2", "1", "0"] {
        let exchange = setup.get("/");
        assert!(exchange.is_forwarded());
        let told = answered(&exchange, &["timestamp", "calltimeleft", "retry-after", "x-ratelimit-limit"]);
        assert_eq!(told, [Some(minute.clone()), Some(left.to_owned()), None, None]);
    }
    for _ in 0..3 {
        let (status, headers, body) = refused(&setup.get("/")).expect("a refusal");
        assert_eq!((status, body.as_str()), (429, "Too many requests\n"));
        assert_eq!(header(&headers, "timestamp"), Some(minute.clone()));
        assert_eq!(header(&headers, "calltimeleft").as_deref(), Some("0"));
        let retry: u64 = header(&headers, "retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&retry), "{retry}");
    }
}

/// The reply's own headers are there; the response phase must not add them again.
#[test]
fn a_refusal_is_not_touched_again() {
    let setup = Setup::new(json!({"qpm": 0}));
    let exchange = setup.get("/");
    assert!(refused(&exchange).is_some());
    exchange.response(429, &[("calltimeleft", "0")], true);
    assert_eq!(exchange.response_header("calltimeleft").as_deref(), Some("0"));
}

#[test]
fn zero_blocks_all_and_redis_need_not_be_there() {
    let setup = Setup::new(json!({"qpm": 0}));
    setup.bench.forget_cluster("outbound|80||redis.static");
    let (status, headers, _) = refused(&setup.get("/")).expect("a refusal");
    assert_eq!(
        (status, header(&headers, "calltimeleft").as_deref(), header(&headers, "retry-after")),
        (429, Some("0"), None)
    );
    assert_eq!(setup.bench.redis_calls(), []);
}

#[test]
fn one_round_trip_and_one_key_that_ends() {
    let setup = Setup::new(json!({"qpm": 100}));
    setup.get("/");
    let first = setup.bench.redis_calls().len();
    assert_eq!(first, 2, "a Redis that does not know the script gets it once");
    setup.get("/");
    assert_eq!(setup.bench.redis_calls().len(), first + 1);
    let keys = setup.keys();
    assert_eq!(keys.len(), 1);
    assert!(keys[0].starts_with("rate-limiter:{") && keys[0].ends_with("}:qpm:f60000"), "{keys:?}");
    let ttl: i64 = setup.redis.text(["PTTL", &keys[0]]).unwrap().parse().unwrap();
    assert!((1..=60_000).contains(&ttl), "{ttl}");
}

#[test]
fn the_keys_of_the_documents_name_redis() {
    for (service, port, expected) in [
        ("redis.static", None, "outbound|80||redis.static"),
        ("redis.static", Some(6380), "outbound|6380||redis.static"),
        ("my-redis.dns", None, "outbound|6379||my-redis.dns"),
        ("other.dns", Some(0), "outbound|6379||other.dns"),
        ("redis.my-ns.svc.cluster.local", Some(1234), "outbound|1234||redis.my-ns.svc.cluster.local"),
    ] {
        let mut config = json!({"serviceName": service, "username": "u", "password": "p", "timeout": 70, "qpm": 5.0});
        if let Some(port) = port {
            config["servicePort"] = port.into();
        }
        let bench = plugin_core::testing::Bench::<rate_limiter::RateLimiter>::new(&config.to_string()).unwrap();
        let _exchange = bench.get("/");
        assert_eq!(bench.redis_calls()[0].cluster, expected);
        let init = &bench.redis_inits()[0];
        assert_eq!((init.username.as_str(), init.password.as_str()), ("u", "p"));
        assert!(init.timeout_ms >= 70, "{}", init.timeout_ms);
    }
}

/// Keys differ for each rule, so that routes with the same limit do not share it; two rules of one name do.
#[test]
fn rules_count_on_their_own_unless_they_share_a_name() {
    let rule = |route: &str, name: Option<&str>| {
        let mut rule = json!({"_match_route_": [route], "serviceName": "redis.static", "qpm": 1});
        if let Some(name) = name {
            rule["name"] = name.into();
        }
        rule
    };
    for (name, expected) in [(None, [true, true, false]), (Some("both"), [true, false, false])] {
        let setup = Setup::new(json!({"qpm": 100, "_rules_": [rule("a", name), rule("b", name)]}));
        early_in_a_minute(&setup);
        let passed = ["a", "b", "a"].map(|route| {
            setup.bench.set_property("route_name", route.as_bytes());
            setup.get("/").is_forwarded()
        });
        assert_eq!(passed, expected, "{name:?}");
    }
}
