//! What the gateway is told of a cluster: once, and again only when something has changed.

use crate::{CLUSTER, error, plugin, text};
use plugin_core::prelude::*;
use plugin_core::redis::Value;
use plugin_core::testing::{Bench, TestExchange};

plugin!(Asks, |plugin, request| {
    let value = plugin.redis.get("k").await?;
    request.headers_mut().set("x-value", value.unwrap_or_default())?;
    Ok(request.forward())
});

const LOGIN: &str =
    r#"{"redis": {"serviceName": "redis.static", "username": "ann", "password": "right", "database": 2}}"#;
const NO_AUTH: &str = "NOAUTH Authentication required.";

#[test]
fn the_gateway_is_told_once_and_with_the_first_command() {
    let bench = Bench::<Asks>::new(LOGIN).unwrap();
    assert!(bench.redis_inits().is_empty());
    for _ in 0..3 {
        drop(bench.get("/"));
    }
    let inits = bench.redis_inits();
    assert_eq!(inits.len(), 1);
    let service = format!("{CLUSTER}?db=2&buffer_flush_timeout=0&max_buffer_size_before_flush=0");
    assert_eq!(inits[0].service, service);
    assert_eq!((inits[0].username.as_str(), inits[0].password.as_str(), inits[0].timeout_ms), ("ann", "right", 1050));
}

/// One Redis for each of two routes, with something of its own.
fn two_routes(own: [&str; 2]) -> Bench<Asks> {
    let [a, b] = own.map(|own| format!(r#"{{"serviceName": "redis.static", {own}}}"#));
    let rules = format!(
        r#"{{"_rules_": [{{"_match_route_": ["a"], "redis": {a}}}, {{"_match_route_": ["b"], "redis": {b}}}]}}"#
    );
    Bench::new(&rules).unwrap()
}

fn ask(bench: &Bench<Asks>, route: &str) -> TestExchange {
    bench.set_property("route_name", route.as_bytes());
    bench.get("/")
}

#[test]
fn rules_with_one_login_share_it() {
    let bench = two_routes([r#""timeout": 500"#, r#""timeout": 300"#]);
    for route in ["a", "b", "a", "b"] {
        drop(ask(&bench, route));
    }
    assert_eq!((bench.redis_inits().len(), bench.redis_calls().len()), (1, 4));
}

#[test]
fn a_longer_timeout_is_told_and_a_shorter_one_is_not() {
    let config = |timeout: u32| format!(r#"{{"redis": {{"serviceName": "redis.static", "timeout": {timeout}}}}}"#);
    let bench = Bench::<Asks>::new(&config(500)).unwrap();
    drop(bench.get("/"));
    assert!(bench.configure(&config(100)));
    drop(bench.get("/"));
    assert!(bench.configure(&config(900)));
    drop((bench.get("/"), bench.get("/")));
    let timeouts: Vec<u32> = bench.redis_inits().iter().map(|init| init.timeout_ms).collect();
    assert_eq!(timeouts, [550, 950]);
}

#[test]
fn a_new_configuration_s_login_replaces_the_old_one_and_a_repeated_one_does_nothing() {
    let bench = Bench::<Asks>::new(LOGIN).unwrap();
    drop(bench.get("/"));
    assert!(bench.configure(LOGIN));
    drop(bench.get("/"));
    assert_eq!(bench.redis_inits().len(), 1);
    assert!(bench.configure(&LOGIN.replace("right", "newer")));
    drop((bench.get("/"), bench.get("/")));
    assert_eq!((bench.redis_inits().len(), bench.redis_inits()[1].password.as_str()), (2, "newer"));
}

#[test]
fn of_two_logins_for_one_cluster_the_later_one_is_served_and_the_other_told_why() {
    let bench = two_routes([r#""database": 1"#, r#""database": 2"#]);
    for _ in 0..2 {
        drop(ask(&bench, "a"));
        let later = ask(&bench, "b");
        bench.serve_redis(|_| text("served"));
        assert_eq!(later.request_header("x-value").as_deref(), Some("served"));
    }
    let inits: Vec<String> = bench.redis_inits().into_iter().map(|init| init.service).collect();
    assert_eq!(inits.len(), 2, "each login was told once: {inits:?}");
    assert_eq!(ask(&bench, "a").reply().unwrap().status, 500);
    let log = bench.log().join("\n");
    assert!(log.contains("uses this cluster with another user, password or database"), "{log}");
}

#[test]
fn a_login_is_repeated_once_after_noauth() {
    let bench = Bench::<Asks>::new(LOGIN).unwrap();
    let exchange = bench.get("/");
    bench.answer_redis(0, error(NO_AUTH));
    assert_eq!((bench.redis_inits().len(), bench.redis_calls().len()), (2, 2));
    bench.answer_redis(1, text("v"));
    assert_eq!(exchange.request_header("x-value").as_deref(), Some("v"));
}

#[test]
fn a_login_in_vain_is_not_repeated_for_each_command() {
    let bench = Bench::<Asks>::new(LOGIN).unwrap();
    let first = bench.get("/");
    assert_eq!(bench.serve_redis(|_| error(NO_AUTH)), 2);
    assert_eq!(first.reply().unwrap().status, 500);
    let second = bench.get("/");
    assert_eq!(bench.serve_redis(|_| error(NO_AUTH)), 1);
    assert!(second.reply().is_some());
    assert_eq!(bench.redis_inits().len(), 2);
    assert!(bench.log().iter().any(|line| line.contains("did not take the configured `username` and `password`")));
    bench.advance(Duration::from_millis(1001));
    let third = bench.get("/");
    bench.answer_redis(3, error(NO_AUTH));
    bench.answer_redis(4, text("again"));
    assert_eq!(third.request_header("x-value").as_deref(), Some("again"));
}

#[test]
fn many_commands_that_lack_the_login_repeat_it_once() {
    let bench = Bench::<Asks>::new(LOGIN).unwrap();
    let exchanges: Vec<_> = (0..4).map(|_| bench.get("/")).collect();
    (0..4).for_each(|index| bench.answer_redis(index, error(NO_AUTH)));
    assert_eq!((bench.redis_inits().len(), bench.redis_calls().len()), (2, 8));
    (4..8).for_each(|index| bench.answer_redis(index, text("v")));
    assert!(exchanges.iter().all(|exchange| exchange.is_forwarded()));
}

#[test]
fn without_a_password_noauth_is_final() {
    let bench = Bench::<Asks>::new(r#"{"redis": {"serviceName": "redis.static"}}"#).unwrap();
    let exchange = bench.get("/");
    bench.answer_redis(0, error(NO_AUTH));
    assert_eq!((bench.redis_inits().len(), exchange.reply().unwrap().status), (1, 500));
}

#[test]
fn the_second_try_shares_the_deadline() {
    let bench = Bench::<Asks>::new(LOGIN).unwrap();
    let exchange = bench.get("/");
    bench.advance(Duration::from_millis(900));
    bench.answer_redis(0, error(NO_AUTH));
    bench.advance(Duration::from_millis(99));
    assert!(exchange.reply().is_none());
    bench.advance(Duration::from_millis(2));
    assert_eq!(exchange.reply().unwrap().status, 504);
    bench.answer_redis(1, Value::Null);
    assert_eq!(exchange.resumes(), 0);
}
