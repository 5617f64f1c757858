//! Clients that leave, and the end of the gateway itself.

use std::time::Duration;

use testkit::{Answer, Upstream, eventually};

use super::running::{Config, PATIENCE};

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
