//! The five header states: each can be had, and the gateway does what it stands for.

use std::time::Duration;

use serde_json::json;
use testkit::{Answer, Gateway, Plugin, Upstream};

use crate::stage::stage;

const BUFFER: u32 = 4096;
const BODY: usize = 600_000;

/// A service that takes its time, so that a body outgrows the gateway's buffer meanwhile.
fn slow() -> Upstream {
    Upstream::start(|_| Answer::ok("yes").delay(Duration::from_millis(200)))
}

#[testkit::scenario]
fn state_0_continue() {
    let stage = stage();
    assert_eq!(stage.gateway.post("/request-headers/forward", "body").send().text(), "hi");
    assert_eq!(stage.seen("/request-headers/forward").text(), "body");
}

#[testkit::scenario]
fn state_1_stop_iteration() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let plugin = Plugin::new("tour-body-first").config(&json!({})).allow_on_headers_stop_iteration();
    let gateway = Gateway::new().with(plugin).upstream(&upstream).start();
    let mut client = gateway.request("POST", "/append").header("content-length", "4").start_head();
    client.write("so");
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(upstream.started(), 0, "headers wait while the body comes");
    client.write("me");
    assert_eq!(client.reply().status, 200);
    let seen = upstream.only();
    assert_eq!((seen.header_text("x-length"), seen.text()), (Some("4"), "some and more"));
}

#[testkit::scenario]
fn state_2_continue_and_end_stream() {
    let stage = stage();
    assert_eq!(stage.gateway.get("/request-headers/open").send().text(), "hi");
    assert_eq!(stage.gateway.post("/request-headers/open?body", "body").send().text(), "hi");
    assert_eq!(stage.seen("/request-headers/open?body").text(), "body");
}

#[testkit::scenario]
fn state_3_stop_all_iteration_and_buffer() {
    let (upstream, service) = (Upstream::start(|_| Answer::ok("hi")), slow());
    let gateway = Gateway::new()
        .plugin("overflow", json!({ "service": { "cluster": "service" } }))
        .buffer_limit(BUFFER)
        .upstream(&upstream)
        .cluster("service", &service)
        .start();
    let reply = gateway.post("/", vec![b'a'; BODY]).send();
    assert_eq!(reply.status, 413, "{reply:?}");
    assert_eq!(upstream.started(), 0);
    assert_eq!(gateway.post("/", "small").send().status, 200);
    assert_eq!(upstream.only().text(), "small");
}

#[testkit::scenario]
fn state_3_in_the_response_phase() {
    let upstream = Upstream::start(|_| Answer::ok(vec![b'a'; BODY]));
    let service = Upstream::script([Answer::ok("yes"), Answer::ok("noted").delay(Duration::from_millis(200))]);
    let gateway = Gateway::new()
        .plugin("overflow", json!({ "service": { "cluster": "service" } }))
        .buffer_limit(BUFFER)
        .upstream(&upstream)
        .cluster("service", &service)
        .start();
    assert_eq!(gateway.get("/").send().status, 500);
}

#[testkit::scenario]
fn state_4_in_the_response_phase() {
    let (upstream, service) = (Upstream::start(|_| Answer::ok(vec![b'a'; BODY])), slow());
    let gateway = Gateway::new()
        .plugin("tour", json!({ "services": { "auth": { "cluster": "service" } } }))
        .buffer_limit(BUFFER)
        .upstream(&upstream)
        .cluster("service", &service)
        .start();
    let reply = gateway.get("/calls/response-phase").send();
    assert_eq!((reply.status, reply.header_text("x-body"), reply.body.len()), (200, Some("yes"), BODY));
}

#[testkit::scenario]
fn state_4_stop_all_iteration_and_watermark() {
    let (upstream, service) = (Upstream::start(|_| Answer::ok("hi")), slow());
    let gateway = Gateway::new()
        .plugin("tour", json!({ "services": { "auth": { "cluster": "service" } } }))
        .buffer_limit(BUFFER)
        .upstream(&upstream)
        .cluster("service", &service)
        .start();
    let reply = gateway.post("/calls/response-body", vec![b'a'; BODY]).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    let seen = upstream.only();
    assert_eq!((seen.header_text("x-body"), seen.body.len()), (Some("yes"), BODY));
}
