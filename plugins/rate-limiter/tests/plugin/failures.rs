//! Redis fails: each request gets its answer in time, as the configuration says, and the log says so once.

use super::{Setup, answered, refused};
use plugin_core::redis::{ErrorReply, Value};
use plugin_core::testing::TestExchange;
use serde_json::{Value as Json, json};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

fn setup(policy: Json) -> Setup {
    let mut config = json!({"qpm": 4, "timeout": 100});
    config.as_object_mut().unwrap().extend(policy.as_object().unwrap().clone());
    Setup::new(config)
}

/// A request whose call nobody answers, or one that waits for no call.
fn ask(setup: &Setup) -> TestExchange {
    setup.bench.get("/")
}

fn lines(setup: &Setup, text: &str) -> usize {
    setup.bench.log().iter().filter(|line| line.contains(text)).count()
}

#[test]
fn whatever_fails_the_policy_decides() {
    type Fault = fn(&Setup, usize);
    let faults: [(&str, Fault); 8] = [
        ("reset", |setup, call| setup.bench.break_redis(call)),
        ("silence", |setup, _| setup.bench.advance(160 * MS)),
        ("loading", |setup, call| {
            setup.bench.answer_redis(call, error("LOADING Redis is loading the dataset in memory"))
        }),
        ("replica", |setup, call| {
            setup.bench.answer_redis(call, error("READONLY You can't write against a read only replica."))
        }),
        ("no list", |setup, call| setup.bench.answer_redis(call, Value::Int(1))),
        ("short list", |setup, call| setup.bench.answer_redis(call, Value::List(vec![Value::Int(1), Value::Int(1)]))),
        ("negative", |setup, call| setup.bench.answer_redis(call, Value::List(vec![Value::Int(-1); 6]))),
        ("nonsense", |setup, call| setup.bench.answer_redis_bytes(call, b"HTTP/1.1 400 Bad Request\r\n\r\n")),
    ];
    for (name, fault) in faults {
        for (policy, expected) in [
            (json!({}), None),
            (json!({"onError": "allow"}), None),
            (json!({"onError": "deny"}), Some((503, "Rate limiter unavailable\n"))),
            (json!({"onError": "deny", "errorReply": {"status": 500, "body": "later"}}), Some((500, "later"))),
            (json!({"onError": "local"}), None),
        ] {
            let setup = setup(policy.clone());
            let exchange = ask(&setup);
            assert!(!exchange.is_forwarded() && exchange.reply().is_none(), "{name}: decided before Redis failed");
            fault(&setup, setup.bench.redis_calls().len() - 1);
            let reply = refused(&exchange).map(|(status, _, body)| (status, body));
            let expected = expected.map(|(status, body)| (status, body.to_owned()));
            assert_eq!((&reply, exchange.is_forwarded()), (&expected, expected.is_none()), "{name} {policy}");
            assert_eq!(lines(&setup, "(onError)"), 1, "{name} {policy}: {:#?}", setup.bench.log());
        }
    }
}

fn error(text: &str) -> Value {
    Value::Error(ErrorReply::new(text))
}

/// Whatever Redis says, the log says what to mend.
#[test]
fn an_error_of_redis_comes_with_a_hint() {
    for (text, hint) in [
        ("MOVED 3999 127.0.0.1:6381", "point the service at a proxy in front of the cluster"),
        ("CROSSSLOT Keys in request don't hash to the same slot", "must share a slot"),
        ("NOPERM this user has no permissions to run the 'evalsha' command", "extend its ACL"),
        ("OOM command not allowed when used memory > 'maxmemory'.", "maxmemory"),
        ("WRONGTYPE Operation against a key holding the wrong kind of value", "somebody else uses it too"),
    ] {
        let setup = setup(json!({}));
        let exchange = ask(&setup);
        setup.bench.answer_redis(0, error(text));
        assert!(exchange.is_forwarded(), "{text}");
        assert_eq!(lines(&setup, hint), 1, "{text}: {:#?}", setup.bench.log());
    }
}

/// A Redis that wants a password hangs up on commands of more than ten parts instead of asking for it.
#[test]
fn a_call_has_at_most_ten_parts() {
    let limits: Vec<Json> =
        ["1s", "1m", "1h", "1d", "30d", "90d"].iter().map(|per| json!({"count": 5, "per": per})).collect();
    let setup = Setup::new(json!({"rules": [{"name": "r", "limits": limits}]}));
    let exchange = ask(&setup);
    assert!(!exchange.is_forwarded());
    assert_eq!(setup.bench.redis_calls()[0].parts.len(), 10);
}

#[test]
fn what_was_let_through_tells_no_quota() {
    let setup = setup(json!({}));
    setup.bench.forget_cluster("outbound|80||redis.static");
    let exchange = ask(&setup);
    assert!(exchange.is_forwarded());
    assert_eq!(answered(&exchange, &["timestamp", "calltimeleft"]), [None, None]);
}

#[test]
fn the_breaker_spares_redis_and_the_probe_finds_it_again() {
    let setup = setup(json!({"breaker": {"failures": 3, "probe": 500}}));
    for round in 0..3 {
        let exchange = ask(&setup);
        setup.bench.break_redis(round);
        assert!(exchange.is_forwarded());
    }
    assert_eq!((lines(&setup, "is not asked until"), lines(&setup, "(onError)")), (1, 2));
    for _ in 0..50 {
        assert!(ask(&setup).is_forwarded(), "not asked, not held");
    }
    assert_eq!(setup.bench.redis_calls().len(), 3);
    // The probe runs beside the requests, again and again.
    setup.bench.advance(550 * MS);
    assert_eq!(setup.bench.redis_calls().len(), 4);
    setup.bench.break_redis(3);
    assert!(ask(&setup).is_forwarded());
    assert_eq!(setup.bench.redis_calls().len(), 4);
    setup.bench.advance(550 * MS);
    assert_eq!(setup.serve(), 2, "the script is sent with the probe");
    assert_eq!(lines(&setup, "Redis answers again"), 1, "{:#?}", setup.bench.log());
    assert_eq!(lines(&setup, "54 requests were decided without it"), 1);
    assert_eq!(setup.passed(6, &[]), 4, "counting goes on");
    assert_eq!(setup.bench.log().len(), 3, "{:#?}", setup.bench.log());
    setup.bench.advance(3000 * MS);
    assert!(!setup.bench.is_ticking(), "nothing is probed any more");
}

#[test]
fn this_worker_counts_its_share() {
    for (workers, expected) in [(1, 4), (2, 2), (100, 1)] {
        let setup = setup(json!({"onError": "local", "localWorkers": workers, "breaker": {"failures": 1}}));
        setup.bench.forget_cluster("outbound|80||redis.static");
        let exchanges: Vec<TestExchange> = (0..20).map(|_| ask(&setup)).collect();
        assert_eq!(exchanges.iter().filter(|exchange| exchange.is_forwarded()).count(), expected, "{workers}");
        let (status, headers, _) = refused(exchanges.last().unwrap()).unwrap();
        assert_eq!((status, super::header(&headers, "calltimeleft").as_deref()), (429, Some("0")));
    }
}

#[test]
fn waiting_together_takes_no_longer_than_alone() {
    let setup = setup(json!({}));
    let first = ask(&setup);
    setup.bench.advance(60 * MS);
    let second = ask(&setup);
    assert_eq!(setup.bench.redis_calls().len(), 1, "the second waits for the first");
    // The first fails after its 100 ms; the second asks for itself then, for what is left of its own.
    setup.bench.advance(45 * MS);
    assert_eq!((first.is_forwarded(), second.is_forwarded(), setup.bench.redis_calls().len()), (true, false, 2));
    setup.bench.advance(60 * MS);
    assert!(second.is_forwarded());
}

#[test]
fn a_client_that_leaves_takes_nobody_along() {
    let setup = setup(json!({}));
    let first = ask(&setup);
    let (second, third) = (ask(&setup), ask(&setup));
    assert_eq!(setup.bench.redis_calls().len(), 1);
    drop(first);
    setup.serve();
    setup.bench.advance(2 * MS);
    setup.serve();
    assert!(second.is_forwarded() && third.is_forwarded(), "{:#?}", setup.bench.log());
    assert_eq!(setup.bench.log(), Vec::<String>::new());
}

#[test]
fn no_secret_is_logged() {
    let setup = setup(
        json!({"username": "canary-user", "password": "canary-pass", "explain": {"header": "x-why", "secret": "canary-why"}}),
    );
    let exchange = setup.bench.request("GET", "/", &[("authorization", "canary-key"), ("x-why", "canary-why")], true);
    setup.bench.answer_redis(0, error("NOAUTH Authentication required."));
    setup.bench.answer_redis(1, error("WRONGPASS invalid username-password pair or user is disabled."));
    assert!(exchange.is_forwarded());
    let log = setup.bench.log().join("\n");
    assert!(log.contains("WRONGPASS") && !log.contains("canary"), "{log}");
}
