//! The response's body: the four tools, chunks, trailers, limits.

use std::time::Duration;

use serde_json::json;
use testkit::{Answer, Gateway, Upstream};

use crate::stage::{PATIENCE, stage, values};

#[testkit::scenario]
fn get_http_response_body() {
    let stage = stage();
    assert_eq!(stage.gateway.get("/response-body/get").send().text(), "the body");
    stage.gateway.wait_for_log("the response has 8 bytes: the body", PATIENCE);
}

#[testkit::scenario]
fn append_http_response_body() {
    assert_eq!(stage().gateway.get("/response-body/append").send().text(), "the body and more");
}

#[testkit::scenario]
fn prepend_http_response_body() {
    assert_eq!(stage().gateway.get("/response-body/prepend").send().text(), "more and the body");
}

#[testkit::scenario]
fn replace_http_response_body() {
    let reply = stage().gateway.get("/response-body/replace").send();
    assert_eq!(reply.text(), "something else");
    assert_eq!(reply.header("content-length"), None, "the length of another body");
}

#[testkit::scenario]
fn a_body_comes_whole_however_it_was_sent() {
    let stage = stage();
    assert_eq!(stage.gateway.get("/response-body/append?chunked").send().text(), "one two three and more");
    assert_eq!(stage.gateway.get("/response-body/empty").send().text(), "");
    assert_eq!(stage.gateway.get("/response-body/append").http2().send().text(), "the body and more");
}

#[testkit::scenario]
fn a_response_that_has_no_body_is_no_reason_to_wait() {
    let stage = stage();
    for step in ["get", "empty?no-body", "chunks"] {
        let reply = stage.gateway.request("HEAD", &format!("/response-body/{step}")).send();
        assert_eq!((reply.status, reply.text()), (200, ""));
    }
    assert_eq!(stage.gateway.get("/response-body/get?no-body").send().text(), "");
    assert_eq!(stage.gateway.get("/response-body/append?no-body").send().status, 500, "none that could be added to");
}

/// As gRPC does it: HTTP/2 on both sides, the outcome in the trailers.
#[testkit::scenario]
fn http2_keeps_its_trailers() {
    let upstream = Upstream::start_http2(|_| Answer::ok("a message").trailer("grpc-status", "0"));
    let gateway = Gateway::new().plugin("tour", json!({})).upstream(&upstream).start();
    let whole = gateway.post("/response-body/append", "question").http2().send();
    assert_eq!((whole.text(), whole.trailers.text("grpc-status")), ("a message and more", Some("0")));
    let passing = gateway.post("/response-body/chunks", "question").http2().send();
    assert_eq!((passing.text(), passing.trailers.text("grpc-status")), ("A MESSAGE", Some("0")));
    assert_eq!(passing.trailers.text("x-length"), Some("9"));
}

#[testkit::scenario]
fn trailers_are_read_and_changed() {
    let stage = stage();
    let whole = stage.gateway.get("/response-body/trailers?trailers").send();
    assert_eq!(whole.text(), "with trailers");
    assert_eq!(values(&whole.trailers, "x-sum"), ["13"]);
    assert_eq!(values(&whole.trailers, "x-by"), ["tour"]);
    assert_eq!(values(&whole.trailers, "x-kept"), ["kept"]);
    assert_eq!(whole.trailers.get("x-secret"), None);
    let passing = stage.gateway.get("/response-body/chunks?trailers").send();
    assert_eq!(passing.text(), "WITH TRAILERS");
    assert_eq!(values(&passing.trailers, "x-length"), ["13"]);
    assert_eq!(values(&passing.trailers, "x-kept"), ["kept"]);
}

#[testkit::scenario]
fn chunks_pass_one_by_one_and_changed() {
    let reply = stage().gateway.get("/response-body/chunks?chunked").send();
    assert_eq!(reply.text(), "ONE TWO THREE");
}

#[testkit::scenario]
fn a_call_between_chunks() {
    let reply = stage().gateway.get("/response-body/call-at-first-chunk?chunked").send();
    assert_eq!(reply.text().replace("<mark>", ""), "ONE TWO THREE");
    let reply = stage().gateway.get("/response-body/call-between-chunks?chunked").send();
    let text = reply.text();
    assert_eq!(text.replace("<mark>", ""), "ONE TWO THREE");
    assert!(text.ends_with("THREE<mark>"), "{text}");
}

/// Neither a hang nor a whole-looking answer that lacks a part.
#[testkit::scenario]
fn what_outgrows_the_gateways_buffer_during_a_call_ends_the_stream() {
    let upstream = Upstream::start(|_| Answer::ok(vec![b'a'; 600_000]));
    let service = Upstream::start(|_| Answer::ok("<mark>").delay(Duration::from_millis(100)));
    let gateway = Gateway::new()
        .plugin("tour", json!({ "services": { "auth": { "cluster": "service" } } }))
        .buffer_limit(4096)
        .upstream(&upstream)
        .cluster("service", &service)
        .start();
    let request = gateway.get("/response-body/call-between-chunks").deadline(Duration::from_secs(2));
    assert_ne!(request.try_send().unwrap_err().cause, testkit::Broken::Deadline);
    assert_eq!(gateway.get("/").send().body.len(), 600_000);
}

#[testkit::scenario]
fn a_call_is_made_while_the_whole_body_is_held() {
    let stage = stage();
    assert_eq!(stage.gateway.get("/response-body/call").send().text(), "the body<mark>");
    let whole = stage.gateway.get("/response-body/call?trailers").send();
    assert_eq!((whole.text(), whole.trailers.text("x-mark")), ("with trailers<mark>", Some("<mark>")));
    let passing = stage.gateway.get("/response-body/call-before-trailers?trailers").send();
    assert_eq!((passing.text(), passing.trailers.text("x-mark")), ("WITH TRAILERS", Some("<mark>")));
}

/// The headers have gone to the client as far as the plugin knows, so the stream is reset: no half truth.
#[testkit::scenario]
fn a_body_over_the_plugins_limit_ends_the_stream() {
    let stage = stage();
    let reply = stage.gateway.get("/response-body/append?large").deadline(Duration::from_secs(2)).try_send();
    let broken = reply.unwrap_err();
    assert_ne!(broken.cause, testkit::Broken::Deadline);
    let line = stage.gateway.wait_for_log("the response body has at least", PATIENCE);
    assert!(line.ends_with("too late to answer 500, the stream is reset"), "{line}");
    assert_eq!(stage.gateway.get("/response-body/append").send().text(), "the body and more");
}

#[testkit::scenario]
fn a_body_over_the_gateways_buffer_does_not_hang() {
    let upstream = Upstream::start(|_| Answer::ok(vec![b'a'; 12 << 10]));
    let gateway = Gateway::new().plugin("tour", json!({})).buffer_limit(4096).upstream(&upstream).start();
    match gateway.get("/response-body/append").deadline(Duration::from_secs(2)).try_send() {
        Ok(reply) => assert_eq!(reply.status, 500, "{reply:?}"),
        Err(broken) => assert_ne!(broken.cause, testkit::Broken::Deadline, "{broken}"),
    }
}
