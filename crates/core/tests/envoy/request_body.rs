//! The request's body: the four tools.

use crate::stage::stage;

fn arrives(step: &str, sent: &str) -> String {
    let stage = stage();
    let path = format!("/request-body/{step}");
    assert_eq!(stage.gateway.post(&path, sent).send().status, 200);
    let seen = stage.seen(&path);
    assert!(seen.complete);
    seen.text().to_owned()
}

#[testkit::scenario]
fn get_http_request_body() {
    let reply = stage().gateway.post("/request-body/get", "what came").send();
    assert_eq!((reply.status, reply.text()), (200, "9 bytes: what came"));
}

#[testkit::scenario]
fn append_http_request_body() {
    assert_eq!(arrives("append", "some"), "some and more");
}

#[testkit::scenario]
fn prepend_http_request_body() {
    assert_eq!(arrives("prepend", "some"), "more and some");
}

#[testkit::scenario]
fn replace_http_request_body() {
    assert_eq!(arrives("replace", "a rather long body that has to go"), "something else");
}

#[testkit::scenario]
fn a_body_may_become_empty() {
    assert_eq!(arrives("empty", "gone"), "");
}
