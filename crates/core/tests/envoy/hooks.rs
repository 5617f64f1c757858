//! The four hooks of the Go documents, as four places in one function.

use std::sync::Arc;

use testkit::{Reply, Seen};

use crate::stage::{Stage, stage};

fn exchange(path: &str) -> (Arc<Stage>, Seen, Reply) {
    let stage = stage();
    let reply = stage.gateway.post(path, "sent").send();
    let seen = stage.seen(path);
    (stage, seen, reply)
}

#[testkit::scenario]
fn process_request_headers() {
    let (_stage, seen, _) = exchange("/hooks/1");
    assert_eq!(seen.header_text("x-phase"), Some("request headers"));
}

#[testkit::scenario]
fn process_request_body() {
    let (_stage, seen, _) = exchange("/hooks/2");
    assert_eq!(seen.text(), "sent, request body");
}

#[testkit::scenario]
fn process_response_headers() {
    let (_stage, _, reply) = exchange("/hooks/3");
    assert_eq!((reply.status, reply.header_text("x-phase")), (200, Some("response headers")));
}

#[testkit::scenario]
fn process_response_body() {
    let (_stage, _, reply) = exchange("/hooks/4");
    assert_eq!(reply.text(), "hi, response body");
}
