//! The samples of `docs/go-to-rust.md` do what their Go originals do.
#![allow(unreachable_pub, reason = "the samples stand as in a plugin of their own")]

mod http_call;
mod my_plugin;
mod redis_call;

use http_call::HttpCall;
use my_plugin::MyPlugin;
use plugin_core::redis::Value;
use plugin_core::testing::Bench;
use redis_call::RedisCall;

const CALL: &str = r#"{"serviceName": "auth.static", "requestPath": "/token", "tokenHeader": "x-token"}"#;

#[test]
fn my_plugin_adds_a_header_unless_it_mocks() {
    let bench = Bench::<MyPlugin>::new("").unwrap();
    assert_eq!(bench.get("/").request_header("hello").as_deref(), Some("world"));

    let bench = Bench::<MyPlugin>::new(r#"{"mockEnable": true}"#).unwrap();
    assert_eq!(bench.get("/").reply().unwrap().body, b"hello world");
}

#[test]
fn http_call_moves_the_token_into_the_request() {
    let bench = Bench::<HttpCall>::new(CALL).unwrap();
    let exchange = bench.get("/");
    assert_eq!((bench.calls()[0].cluster.as_str(), bench.calls()[0].timeout_ms), ("outbound|80||auth.static", 500));
    bench.answer(0, 200, &[("x-token", "t")], "");
    assert_eq!(exchange.request_header("x-token").as_deref(), Some("t"));
    assert!(exchange.is_forwarded());
}

#[test]
fn http_call_answers_500_for_any_other_status() {
    let bench = Bench::<HttpCall>::new(CALL).unwrap();
    let exchange = bench.get("/");
    bench.answer(0, 404, &[], "");
    let reply = exchange.reply().unwrap();
    assert_eq!((reply.status, reply.body.as_slice()), (500, b"http call failed".as_slice()));
}

#[test]
fn http_call_lets_requests_pass_where_the_service_is_unknown() {
    let bench = Bench::<HttpCall>::new(CALL).unwrap();
    bench.forget_cluster("outbound|80||auth.static");
    assert!(bench.get("/").is_forwarded());
}

#[test]
fn http_call_demands_its_keys() {
    let refused = Bench::<HttpCall>::new(r#"{"serviceName": "auth.dns", "servicePort": 80}"#).err().unwrap();
    for fault in ["missing key `requestPath`", "missing key `tokenHeader`"] {
        assert!(refused.contains(fault), "{refused}");
    }
}

#[test]
fn redis_call_refuses_what_is_beyond_its_limit() {
    let bench = Bench::<RedisCall>::new(r#"{"serviceName": "redis.static", "qpm": 2}"#).unwrap();
    for (count, refused) in [(1, false), (2, false), (3, true)] {
        let exchange = bench.get("/");
        bench.serve_redis(|_| Value::Int(count));
        let reply = exchange.reply().map(|reply| (reply.status, reply.body));
        assert_eq!(reply, refused.then(|| (429, b"Too many requests\n".to_vec())));
        assert_eq!(exchange.is_forwarded(), !refused);
    }
    assert_eq!(bench.redis_calls()[0].parts[2..], ["1", "requests:0"]);
}

#[test]
fn redis_call_lets_requests_pass_without_redis() {
    let bench = Bench::<RedisCall>::new(r#"{"serviceName": "redis.static", "qpm": 2}"#).unwrap();
    let exchange = bench.get("/");
    bench.break_redis(0);
    assert!(exchange.is_forwarded());
}
