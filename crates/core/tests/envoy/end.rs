//! The end of a stream is seen whatever ended it.

use std::time::Duration;

use testkit::{Answer, Gateway, Upstream, eventually};

use crate::stage::{PATIENCE, stage};

#[testkit::scenario]
fn the_end_of_a_forwarded_exchange() {
    let stage = stage();
    stage.gateway.get("/end/forward").send();
    let line = stage.gateway.wait_for_log("end of GET /end/forward: ", PATIENCE);
    assert!(line.ends_with("status Some(200), details \"via_upstream\", x-answer None, took time: true"), "{line}");
}

#[testkit::scenario]
fn the_end_of_a_reply() {
    let stage = stage();
    stage.gateway.get("/end/reply").send();
    let line = stage.gateway.wait_for_log("end of GET /end/reply: ", PATIENCE);
    let rest = "status Some(403), details \"tour.turned_away\", x-answer Some(\"reply\"), took time: true";
    assert!(line.ends_with(rest), "{line}");
}

#[testkit::scenario]
fn the_end_shows_the_response_as_the_client_got_it() {
    let stage = stage();
    stage.gateway.get("/end/response").send();
    let line = stage.gateway.wait_for_log("end of GET /end/response: ", PATIENCE);
    assert!(line.contains("status Some(200)") && line.contains("x-answer Some(\"changed\")"), "{line}");
}

#[testkit::scenario]
fn the_end_is_seen_when_the_client_goes_away() {
    let stage = stage();
    let live = || stage.gateway.stats().get("wasmcustom.tour.live").unwrap_or(0) > 0;
    let client = stage.gateway.get("/end/wait").start();
    eventually(PATIENCE, || live().then_some(())).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    client.reset();
    let line = stage.gateway.wait_for_log("end of GET /end/wait: ", PATIENCE);
    assert!(line.contains("status None, details \"downstream_remote_disconnect\""), "{line}");
}

/// Then the gateway shows no headers at all, only the end.
#[testkit::scenario]
fn a_request_that_the_gateway_refuses_by_itself_harms_nobody() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Gateway::new().plugin("tour", serde_json::json!({})).upstream(&upstream).start();
    assert_eq!(gateway.get("/end/forward").header("x-large", vec![b'a'; 80 << 10]).send().status, 431);
    assert_eq!(gateway.request("GET", "/end/forward").header("content-length", "x").send().status, 400);
    assert_eq!(gateway.get("/end/forward").send().status, 200);
    gateway.wait_for_log("end of GET /end/forward: status Some(200)", PATIENCE);
}
