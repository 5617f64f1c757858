//! The admin port of the program: who may reach it, and what it shows of requests that no plugin sees.

use serde_json::{Value, json};
use testkit::{Answer, Request, Upstream, eventually};

use super::running::{Config, Gateway, PATIENCE};
use super::wasm;

const ADMIN: &str = "admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }";

fn ask(gateway: &Gateway, path: &str) -> Value {
    Request::new(gateway.admin, "GET", path).header("connection", "close").send().json()
}

#[test]
fn an_admin_port_that_others_reach_is_told() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Config::to(&upstream).change(ADMIN, &ADMIN.replace("127.0.0.1", "0.0.0.0")).start();
    gateway.wait_for_log("the admin port at 0.0.0.0:0 is open to other machines");
    let gateway = Config::to(&upstream).start();
    assert!(!gateway.log().contains("open to other machines"), "{}", gateway.log());
}

#[test]
fn another_admin_address_is_told_to_take_a_restart() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Config::to(&upstream).start();
    gateway.configure(&Config::to(&upstream).change(ADMIN, &ADMIN.replace("port_value: 0", "port_value: 9901")));
    gateway.wait_for_log("the new configuration is in force");
    assert!(
        gateway.log().contains("[warning][config] admin: the new address takes effect when the gateway is started")
    );
}

#[test]
fn a_refused_request_is_shown_as_ended() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Config::to(&upstream).manager("max_request_headers_kb: 2").start();
    let large = gateway.get("/large").header("a", "a".repeat(3000)).send();
    assert_eq!(large.status, 431);
    let shown = ask(&gateway, "/inspector/exchanges/1.json");
    assert_eq!(
        (&shown["path"], &shown["status"], &shown["outcome"]),
        (&json!("/large"), &json!(431), &json!("answered")),
        "{shown}"
    );
    assert_eq!(shown["reply"]["details"], "request_headers_too_large", "{shown}");
}

#[test]
fn the_inspector_tells_what_does_not_run_and_what_is_not_in_force() {
    let (upstream, folder) = (Upstream::start(|_| Answer::ok("hi")), tempfile::tempdir().unwrap());
    let module = folder.path().join("crash.wasm");
    std::fs::write(&module, wasm::crashing()).unwrap();
    let config = Config::to(&upstream).plugin("crash", &module, "", "");
    let gateway = config.start();
    let overview = || ask(&gateway, "/inspector.json");
    assert!(overview()["plugins"][0]["fault"].is_null() && overview()["refused"].is_null());

    assert_eq!(gateway.get("/").send().status, 503);
    let fault = overview()["plugins"][0]["fault"].to_string();
    assert!(fault.contains("the plugin crashed in proxy_on_request_headers"), "{fault}");

    gateway.configure(&config.clone().manager("normalize_path: true"));
    gateway.wait_for_log("the last good one stays");
    let refused = overview()["refused"].to_string();
    assert!(refused.contains("unsupported field `normalize_path`"), "{refused}");
    std::fs::write(&module, wasm::adding("x-mended")).unwrap();
    gateway.configure(&config);
    gateway.wait_for_log("the new configuration is in force");
    let mended = eventually(PATIENCE, || {
        gateway.get("/").send();
        let overview = overview();
        (overview["plugins"][0]["fault"].is_null() && overview["refused"].is_null()).then_some(())
    });
    assert!(mended.is_some(), "{}", overview());
}

#[test]
fn the_inspector_shows_what_the_route_made_of_a_request() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let action = "route: { cluster: up, prefix_rewrite: /shop }, request_headers_to_remove: [x-gone], \
                  request_headers_to_add: [ { header: { key: x-token, value: s3cr3t-1 } } ]";
    let gateway = Config::default().cluster("up", upstream.address()).route("{ prefix: /api }", action).start();
    gateway.get("/api/orders").header("x-gone", "1").send();
    let shown = ask(&gateway, "/inspector/exchanges/1.json");
    let routed = shown["routed"].as_array().unwrap();
    let change = |name: &str| routed.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name}: {shown}"));
    assert_eq!(
        (&change(":path")["before"], &change(":path")["after"]),
        (&json!(["/api/orders"]), &json!(["/shop/orders"]))
    );
    assert_eq!((&change("x-gone")["before"], &change("x-gone")["after"]), (&json!(["1"]), &json!([])));
    assert!(change("x-token")["before"] == json!([]) && !shown.to_string().contains("s3cr3t"), "{shown}");
}
