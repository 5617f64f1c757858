//! The smaller examples, each once.

use std::time::Duration;

use serde_json::json;
use testkit::{Answer, Gateway, Upstream, eventually};

use crate::stage::PATIENCE;

#[testkit::scenario]
fn hello_world() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Gateway::new().plugin("hello-world", json!({})).upstream(&upstream).start();
    assert_eq!(gateway.get("/").send().text(), "hello world");
    assert_eq!(upstream.started(), 0);
}

#[testkit::scenario]
fn chunks() {
    let pause = Duration::from_millis(20);
    let upstream = Upstream::start(move |_| Answer::status(200).chunk("one ").pause(pause).chunk("two"));
    let gateway = Gateway::new().plugin("chunks", json!({})).upstream(&upstream).start();
    assert_eq!(gateway.get("/").send().text(), "ONE TWO");
    gateway.wait_for_log("7 bytes passed", PATIENCE);
}

#[testkit::scenario]
fn two_calls() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let user = Upstream::start(|_| Answer::ok("").header("x-user", "ann"));
    let quota = Upstream::script([Answer::ok("").header("x-quota", "7"), Answer::status(500)]);
    let audit = Upstream::start(|_| Answer::status(202));
    let service = |name: &str| json!({ "serviceName": format!("{name}.static") });
    let config = json!({ "user": service("user"), "quota": service("quota"), "audit": service("audit") });
    let gateway = Gateway::new()
        .plugin("two-calls", config)
        .upstream(&upstream)
        .cluster("outbound|80||user.static", &user)
        .cluster("outbound|80||quota.static", &quota)
        .cluster("outbound|80||audit.static", &audit)
        .start();
    let reply = gateway.get("/").send();
    assert_eq!((reply.status, reply.header_text("x-audit")), (200, Some("202,202")));
    let seen = upstream.only();
    assert_eq!((seen.header_text("x-user"), seen.header_text("x-quota")), (Some("ann"), Some("7")));
    assert_eq!(audit.requests().iter().map(|seen| seen.text()).collect::<Vec<_>>(), ["asked", "answered"]);
    assert_eq!(gateway.get("/").send().status, 500, "the quota's 500 is not what was required");
    assert_eq!(upstream.count(), 1);
}

#[testkit::scenario]
fn timer() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let service = Upstream::script([Answer::ok("quick"), Answer::ok("slow").delay(Duration::from_secs(1))]);
    let gateway = Gateway::new()
        .plugin("timer", json!({ "waitMs": 30, "service": { "cluster": "service" } }))
        .upstream(&upstream)
        .cluster("service", &service)
        .start();
    gateway.get("/quick").send();
    gateway.get("/slow").send();
    let outcomes: Vec<String> =
        upstream.requests().iter().map(|seen| seen.header_text("x-service").unwrap().to_owned()).collect();
    assert_eq!(outcomes, ["200", "gave up"]);
    let beats = || gateway.stats().get("wasmcustom.timer.heartbeats").filter(|beats| *beats >= 2);
    assert!(eventually(PATIENCE, beats).is_some());
}
