//! What clients and upstreams see of the built plugin.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

use serde_json::{Value, json};
use testkit::{Answer, Gateway, Upstream};

const EXAMPLE: &str = include_str!("../example.yaml");

#[testkit::scenario]
fn the_upstream_gets_the_header_of_the_example() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let example: Value = serde_yaml::from_str(EXAMPLE).expect("the example to be YAML");
    let gateway = Gateway::new().plugin("{{name}}", example).upstream(&upstream).start();

    let reply = gateway.get("/orders").header("x-marked", "by the client").send();

    assert_eq!((reply.status, reply.text()), (200, "hi"));
    assert_eq!(upstream.last().header_text("x-marked"), Some("by {{name}}"));
}

#[test]
fn a_faulty_configuration_is_refused_with_its_faults() {
    let refusal = Gateway::new().plugin("{{name}}", json!({"haeder": "x"})).try_start().expect_err("a refusal");
    assert!(refusal.contains("unknown key `haeder`; did you mean `header`?"), "{refusal}");
}
