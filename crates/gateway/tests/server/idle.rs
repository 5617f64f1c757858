//! Exchanges in which nothing moves for too long.

use std::time::Duration;

use testkit::{Answer, Upstream};

use super::running::Config;
use super::wasm;

const SOON: &str = "stream_idle_timeout: 1.5s";

#[test]
fn a_client_that_waits_in_vain_is_told_as_is_one_that_is_waited_for() {
    let upstream = Upstream::start(|_| Answer::hang());
    let gateway = Config::to(&upstream).manager(SOON).start();
    let reply = gateway.get("/late").send();
    assert_eq!((reply.status, reply.text()), (504, "stream timeout"));
    let mut client = gateway.request("POST", "/slow").header("content-length", "100").start_head();
    client.write("first");
    let reply = client.reply();
    assert_eq!((reply.status, reply.text()), (408, "stream timeout"));
    assert_eq!(gateway.access_log(2), ["/late 504 SI stream_idle_timeout", "/slow 408 SI stream_idle_timeout"]);
}

#[test]
fn a_response_that_comes_to_rest_is_broken_off() {
    let upstream = Upstream::start(|_| Answer::status(200).chunk("first").pause(Duration::from_secs(60)).chunk("last"));
    let gateway = Config::to(&upstream).manager(SOON).start();
    assert!(gateway.get("/half").try_send().is_err());
    assert_eq!(gateway.access_log(1), ["/half 200 SI stream_idle_timeout"]);
}

#[test]
fn a_response_that_a_plugin_holds_is_broken_off() {
    let (upstream, folder) = (Upstream::start(|_| Answer::ok("hi")), tempfile::tempdir().unwrap());
    let module = folder.path().join("hold.wasm");
    std::fs::write(&module, wasm::pausing_responses()).unwrap();
    let gateway = Config::to(&upstream).manager(SOON).plugin("hold", &module, "", "").start();
    assert!(gateway.get("/held").try_send().is_err());
    assert_eq!(gateway.access_log(1), ["/held 0 SI stream_idle_timeout"]);
}

#[test]
fn whatever_moves_keeps_an_exchange_alive_and_a_route_may_say_more() {
    // Longer than the timeout together, though much shorter one by one.
    let slow = (0..6).fold(Answer::status(200), |answer, _| answer.chunk("x").pause(Duration::from_secs(1)));
    let upstream = Upstream::start(move |request| match request.path.as_str() {
        "/late" => Answer::ok("late").delay(Duration::from_secs(6)),
        _ => slow.clone(),
    });
    let config = Config::default()
        .cluster("up", upstream.address())
        .route("{ path: /late }", "route: { cluster: up, idle_timeout: 60s }")
        .route("{ prefix: / }", "route: { cluster: up }");
    let gateway = config.manager("stream_idle_timeout: 5s").start();
    std::thread::scope(|scope| {
        scope.spawn(|| assert_eq!(gateway.get("/").send().text(), "xxxxxx", "pieces come one by one"));
        assert_eq!(gateway.get("/late").send().text(), "late");
    });
}
