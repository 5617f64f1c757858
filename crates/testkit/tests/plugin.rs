//! A tiny real module in a real Envoy: what the settings of a plugin do.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach functions that tests call")]

use serde_json::json;
use tempfile::NamedTempFile;
use testkit::{Answer, Gateway, Plugin, Upstream};

fn probe() -> NamedTempFile {
    let module = wat::parse_str(include_str!("probe.wat")).unwrap();
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), module).unwrap();
    file
}

#[test]
fn plugins_get_their_configurations_in_order() {
    let module = probe();
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let first = Plugin::at("first", module.path()).config(&json!({"a": "ü"})).vm_id("one");
    let second = Plugin::at("second", module.path())
        .config_text("{ as it is \"\n")
        .env("MODE", "test")
        .allow_on_headers_stop_iteration();
    let gateway = Gateway::new().with(first).with(second).upstream(&upstream).start();

    assert_eq!(gateway.get("/").send().text(), "hi");

    let log = gateway.wasm_log();
    let position =
        |text: &str| log.iter().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text} in {log:#?}"));
    assert!(position(r#"{"a":"ü"}"#) < position(r#"{ as it is ""#));
    assert!(gateway.stats().get("wasm.envoy.wasm.runtime.v8.active").is_some_and(|count| count > 0));
}

#[test]
fn a_plugin_that_refuses_its_configuration_stops_envoy() {
    let module = probe();
    let plugin = Plugin::at("picky", module.path()).config_text("no object");
    let refusal = Gateway::new().with(plugin.clone()).try_start().unwrap_err();
    assert!(refusal.contains("wasm log: no object"), "{refusal}");
    assert!(refusal.contains("Plugin picky failed to load"), "{refusal}");
}

#[test]
fn fail_open_decides_about_requests_after_a_crash() {
    let module = probe();
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let crashing = Plugin::at("crashing", module.path());

    let closed = Gateway::new().with(crashing.clone()).upstream(&upstream).start();
    assert_eq!(closed.get("/").send().status, 503);
    let line = closed.wait_for_access_log(1).remove(0);
    assert!(line.contains("wasm_fail_stream"), "{line}");

    let open = Gateway::new().with(crashing.fail_open()).upstream(&upstream).start();
    assert_eq!(open.get("/").send().status, 200);
    assert!(open.log_contains("RuntimeError: unreachable"));
}

#[test]
fn fail_open_does_not_cover_a_refused_configuration() {
    let module = probe();
    let plugin = Plugin::at("picky", module.path()).config_text("no object").fail_open();
    assert!(Gateway::new().with(plugin).try_start().is_err());
}

#[test]
fn a_struct_arrives_as_protobuf_not_as_json() {
    let module = probe();
    let plugin = Plugin::at("picky", module.path()).config_struct(json!({"a": 5}));
    let refusal = Gateway::new().with(plugin).try_start().unwrap_err();
    // Map entry 1 of 14 bytes, its key "a", its value the double 5.
    assert!(refusal.contains("wasm log: \n\x0e\n\x01a\x12\t\x11\0\0\0\0\0\0\x14@"), "{refusal}");
}
