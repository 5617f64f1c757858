//! Clients that leave, and the end of the gateway itself.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use testkit::{Answer, Upstream, eventually};

use super::running::{Config, PATIENCE};
use super::wasm;

#[test]
fn a_client_that_leaves_ends_its_exchange() {
    let upstream = Upstream::start(|_| Answer::hang());
    let gateway = Config::to(&upstream).start();
    let waiting = gateway.get("/waiting").start();
    upstream.wait_for(1);
    assert_eq!(gateway.stat("http.front.downstream_rq_active"), 1);
    waiting.reset();
    eventually(PATIENCE, || (gateway.stat("http.front.downstream_rq_active") == 0).then_some(())).unwrap();
    let mut sending = gateway.request("POST", "/sending").header("content-length", "100").start_head();
    sending.write("first");
    eventually(PATIENCE, || (upstream.started() == 2).then_some(())).unwrap();
    sending.reset();
    eventually(PATIENCE, || (gateway.stat("http.front.downstream_rq_active") == 0).then_some(())).unwrap();
    let lines = gateway.access_log(2);
    assert_eq!(lines, ["/waiting 0 DC downstream_remote_disconnect", "/sending 0 DC downstream_remote_disconnect"]);
    let seen = eventually(PATIENCE, || upstream.requests().into_iter().find(|seen| seen.path == "/sending")).unwrap();
    assert!(!seen.complete, "the upstream must see that the body is not whole");
}

#[test]
fn a_client_that_leaves_in_the_middle_of_a_response_is_logged_so() {
    let upstream = Upstream::start(|_| Answer::ok("").chunk("first").pause(Duration::from_secs(30)).chunk("second"));
    let gateway = Config::to(&upstream).start();
    let mut client = TcpStream::connect(gateway.address).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client.write_all(b"GET /half HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut reply = Vec::new();
    while !reply.ends_with(b"first\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        reply.push(byte[0]);
    }
    drop(client);
    assert_eq!(gateway.access_log(1), ["/half 200 DC downstream_remote_disconnect"]);
}

#[test]
fn an_exchange_that_a_plugin_closes_is_not_logged_as_a_client_that_left() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("close.wasm");
    std::fs::write(&module, wasm::closing()).unwrap();
    let gateway = Config::to(&upstream).plugin("close", &module, "", "").start();
    assert!(gateway.get("/closed").try_send().is_err());
    // As Envoy logs it.
    assert_eq!(gateway.access_log(1), ["/closed 0 - wasm_close_stream"]);
}

#[test]
fn what_is_under_way_may_end_when_the_gateway_is_told_to() {
    let upstream = Upstream::start(|_| Answer::ok("late").delay(Duration::from_millis(300)));
    for signal in ["-INT", "-TERM"] {
        let mut gateway = Config::to(&upstream).start();
        let before = upstream.started();
        let mut client = gateway.get("/").start();
        eventually(PATIENCE, || (upstream.started() > before).then_some(())).unwrap();
        let ended = gateway.end(signal);
        assert!(ended.success(), "{signal}: {ended}");
        assert_eq!(client.reply().text(), "late", "{signal}");
    }
}

#[test]
fn an_exchange_that_hangs_does_not_keep_the_gateway_from_ending() {
    let upstream = Upstream::start(|_| Answer::hang());
    let mut gateway = Config::to(&upstream).start();
    let _client = gateway.get("/").start();
    upstream.wait_for(1);
    assert!(gateway.end("-TERM").success());
}
