//! HTTP/2 on either side of a real Envoy, with trailers as gRPC needs them.

use testkit::{Answer, Broken, Fault, Gateway, Upstream};

#[test]
fn trailers_pass_over_http2_on_both_sides() {
    let upstream = Upstream::start_http2(|request| {
        Answer::ok(&request.body).header("content-type", "application/grpc").trailer("grpc-status", "0")
    });
    let gateway = Gateway::new().upstream(&upstream).start();

    let request =
        gateway.post("/pkg.Service/Call", b"\0\0\0\0\x01x").header("te", "trailers").header("host", "shop.example");
    let reply = request.trailer("x-client", "done").http2().send();

    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, b"\0\0\0\0\x01x");
    assert_eq!(reply.trailers.text("grpc-status"), Some("0"));
    let seen = upstream.only();
    assert_eq!(seen.header_text("host"), Some("shop.example"));
    assert_eq!(seen.path, "/pkg.Service/Call");
    assert_eq!(seen.trailers.text("x-client"), Some("done"));
}

#[test]
fn either_side_may_speak_http1() {
    let old = Upstream::start(|_| Answer::ok("from http1"));
    let new = Upstream::start_http2(|_| Answer::ok("from http2"));
    let gateway = Gateway::new().upstream(&old).cluster("new", &new).route("new", "/new", "new").start();

    assert_eq!(gateway.get("/").http2().send().text(), "from http1");
    assert_eq!(gateway.get("/new").send().text(), "from http2");
    assert_eq!(gateway.get("/new").http2().send().text(), "from http2");
    assert_eq!((old.count(), new.count()), (1, 2));
}

#[test]
fn a_reset_stream_is_told() {
    let upstream = Upstream::start_http2(|request| match request.path.as_str() {
        "/before" => Answer::reset(),
        _ => Answer::ok("0123456789").cut_in_body(4, Fault::Reset),
    });
    let gateway = Gateway::new().upstream(&upstream).start();

    assert_eq!(gateway.get("/before").http2().send().status, 503);
    let broken = gateway.get("/within").http2().try_send().unwrap_err();
    assert_eq!(broken.cause, Broken::Reset);
    assert_eq!(broken.partial.unwrap().status, 200);
}
