//! Calls that work: built, answered, several at once, in either phase.

use std::time::{Duration, Instant};

use crate::stage::{seen, stage, values};

#[testkit::scenario]
fn dispatch_http_call() {
    let stage = stage();
    assert_eq!(stage.gateway.get("/calls/dispatch?q=1").send().status, 200);
    assert_eq!(stage.seen("/calls/dispatch?q=1").header_text("x-status"), Some("201"));
    let asked = seen(&stage.auth, "/check?deep=a%2Fb");
    assert_eq!((asked.method.as_str(), asked.text()), ("POST", "who is it?"));
    assert_eq!(asked.header_text("host"), Some("auth.example"));
    assert_eq!(asked.header_text("x-path"), Some("/calls/dispatch?q=1"));
}

#[testkit::scenario]
fn get_http_call_response_headers() {
    let stage = stage();
    stage.gateway.get("/calls/response-headers").send();
    let seen = stage.seen("/calls/response-headers");
    assert_eq!(seen.header_text("x-token"), Some("t0k"));
    let names = seen.header_text("x-names").unwrap();
    assert!(names.starts_with(":status,") && names.contains(",x-token"), "{names}");
}

#[testkit::scenario]
fn get_http_call_response_body() {
    let stage = stage();
    stage.gateway.get("/calls/response-body").send();
    assert_eq!(stage.seen("/calls/response-body").header_text("x-body"), Some("body of /token"));
}

#[testkit::scenario]
fn get_http_call_response_trailers() {
    let stage = stage();
    stage.gateway.get("/calls/response-trailers").send();
    let seen = stage.seen("/calls/response-trailers");
    assert_eq!(seen.headers.all("x-trailer-checksum"), [&b"1"[..], b"\xfe"]);
}

/// Nobody resumes by hand: a request that a call held goes on when it is let go, whole and once.
#[testkit::scenario]
fn resume_http_request() {
    let stage = stage();
    let path = "/calls/response-body?resume";
    assert_eq!(stage.gateway.post(path, "held").send().status, 200);
    assert_eq!(stage.seen(path).text(), "held");
    assert_eq!(stage.upstream.requests().iter().filter(|seen| seen.path == path).count(), 1);
}

#[testkit::scenario]
fn resume_http_response() {
    let stage = stage();
    let reply = stage.gateway.get("/calls/response-phase?resume").send();
    assert_eq!((reply.status, reply.text()), (200, "hi"));
    assert_eq!(reply.headers.all("x-body"), [b"body of /late"]);
}

#[testkit::scenario]
fn a_second_call_builds_on_the_first() {
    let stage = stage();
    stage.gateway.get("/calls/in-turn").send();
    assert_eq!(stage.seen("/calls/in-turn").header_text("x-body"), Some("second after body of /first"));
}

#[testkit::scenario]
fn calls_at_once_take_as_long_as_one() {
    let stage = stage();
    let began = Instant::now();
    stage.gateway.get("/calls/at-once").send();
    let took = began.elapsed();
    assert_eq!(values(&stage.seen("/calls/at-once").headers, "x-body"), ["a", "b", "c"]);
    assert!(took >= Duration::from_millis(250) && took < Duration::from_millis(720), "{took:?}");
}

#[testkit::scenario]
fn a_call_in_the_response_phase() {
    let stage = stage();
    let reply = stage.gateway.get("/calls/response-phase").send();
    assert_eq!((reply.status, reply.header_text("x-body")), (200, Some("body of /late")));
}

#[testkit::scenario]
fn a_call_waits_while_the_requests_body_comes() {
    let stage = stage();
    assert_eq!(stage.gateway.post("/calls/in-turn?body", vec![b'a'; 100_000]).send().status, 200);
    assert_eq!(stage.seen("/calls/in-turn?body").body.len(), 100_000);
}

#[testkit::scenario]
fn a_failed_call_is_tried_again() {
    let stage = stage();
    let reply = stage.gateway.get("/calls/retry").send();
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(stage.seen("/calls/retry").header_text("x-body"), Some("third time"));
}
