//! Replies in the upstream's stead, wherever they are possible.

use std::time::{Duration, Instant};

use crate::stage::{PATIENCE, stage, values};

#[testkit::scenario]
fn send_http_response() {
    let stage = stage();
    let reply = stage.gateway.get("/replies/full").send();
    assert_eq!((reply.status, reply.text()), (418, "short and stout\n"));
    assert_eq!(values(&reply.headers, "x-list"), ["one", "two"]);
    assert_eq!(reply.header("x-bytes"), Some(&b"\xfa\xce"[..]));
    assert_eq!(values(&reply.headers, "content-type"), ["text/teapot"]);
    assert_eq!(values(&reply.headers, "content-length"), ["16"]);
    assert_eq!(reply.header("x-bad"), None);
    stage.gateway.wait_for_log("reply header left out", PATIENCE);
    assert_eq!(stage.access_line("/replies/full"), "/replies/full 418 tour.is_a_teapot -");
    assert!(stage.upstream.requests().iter().all(|seen| seen.path != "/replies/full"));
}

#[testkit::scenario]
fn a_reply_may_have_no_body() {
    let reply = stage().gateway.get("/replies/empty").send();
    assert_eq!((reply.status, reply.text()), (204, ""));
}

#[testkit::scenario]
fn a_grpc_client_sees_a_grpc_status() {
    let stage = stage();
    let request = stage.gateway.post("/replies/grpc", "\0\0\0\0\0").header("content-type", "application/grpc");
    let reply = request.http2().send();
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header_text("grpc-status"), Some("7"));
    assert_eq!(reply.header_text("grpc-message"), Some("not you"));
}

#[testkit::scenario]
fn a_reply_after_a_call() {
    let stage = stage();
    let reply = stage.gateway.get("/replies/after-call").send();
    assert_eq!((reply.status, reply.text()), (403, "body of /token"));
    assert_eq!(stage.access_line("/replies/after-call"), "/replies/after-call 403 tour.after_call -");
}

#[testkit::scenario]
fn a_reply_in_place_of_the_upstreams_response() {
    let stage = stage();
    let reply = stage.gateway.get("/replies/response").send();
    assert_eq!((reply.status, reply.text()), (502, "instead of 200"));
    assert_eq!(reply.header_text("x-by"), Some("tour"));
    assert_eq!(stage.seen("/replies/response").method, "GET");
    assert_eq!(stage.access_line("/replies/response"), "/replies/response 502 tour.swapped -");
    let reply = stage.gateway.get("/replies/response-after-call").send();
    assert_eq!((reply.status, reply.text()), (502, "body of /token"));
}

#[testkit::scenario]
fn a_reply_while_the_body_is_held() {
    let stage = stage();
    let reply = stage.gateway.post("/replies/holding-body", "12345").send();
    assert_eq!((reply.status, reply.text()), (422, "5 bytes refused"));
    assert_eq!(stage.access_line("/replies/holding-body"), "/replies/holding-body 422 tour.bad_body -");
}

#[testkit::scenario]
fn a_reply_between_two_chunks() {
    let stage = stage();
    let request =
        stage.gateway.request("POST", "/replies/between-chunks").chunk("fine").pause(Duration::from_millis(30));
    let reply = request.chunk("not!").send();
    assert_eq!((reply.status, reply.text()), (422, "no exclamation marks"));
    let path = "/replies/between-chunks?fine";
    assert_eq!(stage.gateway.post(path, "all fine").send().status, 200);
    assert_eq!(stage.seen(path).text(), "all fine");
}

#[testkit::scenario]
fn an_error_tells_the_log_and_not_the_client() {
    let stage = stage();
    let reply = stage.gateway.get("/replies/error").send();
    assert_eq!((reply.status, reply.text()), (500, "Internal Server Error\n"));
    stage.gateway.wait_for_log("only the log shows this; answered 500", PATIENCE);
    assert_eq!(stage.access_line("/replies/error"), "/replies/error 500 tour.error -");
}

#[testkit::scenario]
fn an_error_after_the_headers_have_gone_resets_the_stream() {
    let stage = stage();
    let request = stage.gateway.get("/replies/error-after-headers").deadline(Duration::from_secs(2));
    assert_ne!(request.try_send().unwrap_err().cause, testkit::Broken::Deadline);
    stage.gateway.wait_for_log("too late for a reply", PATIENCE);
}

#[testkit::scenario]
fn waiting_for_nothing_is_an_error_and_not_a_hang() {
    let stage = stage();
    let began = Instant::now();
    let reply = stage.gateway.get("/replies/stuck").send();
    assert_eq!(reply.status, 500);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(stage.access_line("/replies/stuck"), "/replies/stuck 500 tour.stuck -");
}
