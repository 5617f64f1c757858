//! A gateway that shows a secret fails its test, wherever it shows it.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "clippy's leave for tests does not reach functions that tests call"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::json;
use tempfile::NamedTempFile;
use testkit::{Answer, Engine, Gateway, Plugin, RunningGateway, Upstream};

/// A plugin that logs its configuration.
fn chatty() -> NamedTempFile {
    let module = wat::parse_str(include_str!("probe.wat")).unwrap();
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), module).unwrap();
    file
}

/// What the kit says of `work`, which it must not let pass.
fn complaint<T>(work: impl FnOnce() -> T) -> String {
    let refused = catch_unwind(AssertUnwindSafe(work)).err().expect("the kit lets a secret be shown");
    refused.downcast_ref::<String>().cloned().expect("a text")
}

fn end(gateway: RunningGateway) -> String {
    complaint(|| drop(gateway))
}

#[testkit::scenario]
fn in_its_log() {
    let module = chatty();
    // The second is `id:s3cr3t-1` in Base64.
    for secret in ["s3cr3t-1", "Basic aWQ6czNjcjN0LTE="] {
        let plugin = Plugin::at("chatty", module.path()).config(&json!({"a": secret}));
        let complaint = end(Gateway::new().with(plugin).start());
        assert!(complaint.contains("in its log: ") && complaint.contains(secret), "{complaint}");
    }
}

/// Our gateway tries a configuration in a VM whose words below a warning it does not log.
#[test]
fn in_the_log_of_a_refusal() {
    let module = chatty();
    let refused = Plugin::at("chatty", module.path()).config_text("s3cr3t-1 and no object");
    let complaint = complaint(|| Gateway::new().with(refused).try_start().map(|_| ()));
    assert!(complaint.contains("in its log: "), "{complaint}");
}

#[testkit::scenario]
fn in_its_access_log() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Gateway::new().upstream(&upstream).access_log("%REQ(X-TOKEN)%").start();
    gateway.get("/").header("x-token", "s3cr3t-1").send();
    gateway.wait_for_access_log(1);
    let complaint = end(gateway);
    assert!(complaint.contains("in its access log: s3cr3t-1"), "{complaint}");
}

#[testkit::scenario]
fn in_its_metrics() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Gateway::new().cluster("s3cr3t-1", &upstream).route("all", "/", "s3cr3t-1").start();
    gateway.get("/").send();
    let complaint = end(gateway);
    let place = if Engine::current() == Engine::Envoy { "in /stats: " } else { "in /inspector" };
    assert!(complaint.contains(place), "{complaint}");
}

#[test]
fn in_the_inspector() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Gateway::new().upstream(&upstream).access_log("%RESPONSE_CODE%").start_on(Engine::Gateway);
    gateway.get("/s3cr3t-1").send();
    let complaint = end(gateway);
    assert!(complaint.contains("in /inspector/exchanges"), "{complaint}");
}

#[testkit::scenario]
fn and_passes_when_it_keeps_them() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Gateway::new().upstream(&upstream).start();
    gateway.get("/").header("authorization", "Bearer s3cr3t-1").send();
    gateway.wait_for_access_log(1);
    assert_eq!(upstream.last().header_text("authorization"), Some("Bearer s3cr3t-1"));
}
