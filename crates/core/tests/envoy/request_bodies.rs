//! Requests' bodies in all the ways they arrive: slowly, empty, with trailers, too large, or not to their end.

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{Answer, Gateway, Upstream};

use crate::stage::{PATIENCE, stage};

const PAUSE: Duration = Duration::from_millis(20);

#[testkit::scenario]
fn a_body_comes_whole_however_it_was_sent() {
    let stage = stage();
    let gateway = &stage.gateway;
    let slow = gateway.request("POST", "/request-body/append?slow").chunk("in ").pause(PAUSE).chunk("pieces");
    assert_eq!(slow.send().status, 200);
    assert_eq!(stage.seen("/request-body/append?slow").text(), "in pieces and more");
    let measured = gateway.request("POST", "/request-body/append?measured").header("content-length", "9");
    assert_eq!(measured.chunk("in ").pause(PAUSE).chunk("pieces").send().status, 200);
    assert_eq!(stage.seen("/request-body/append?measured").text(), "in pieces and more");
    assert_eq!(gateway.post("/request-body/append?http2", "in h2").http2().send().status, 200);
    assert_eq!(stage.seen("/request-body/append?http2").text(), "in h2 and more");
}

#[testkit::scenario]
fn an_empty_body_is_read_as_empty() {
    let stage = stage();
    let gateway = &stage.gateway;
    assert_eq!(gateway.get("/request-body/get?none").send().text(), "0 bytes: ");
    assert_eq!(gateway.post("/request-body/get?empty", "").send().text(), "0 bytes: ");
    let chunked = gateway.request("POST", "/request-body/get?chunked").chunk("");
    assert_eq!(chunked.send().text(), "0 bytes: ");
    let trailers = gateway.request("POST", "/request-body/get?trailers").trailer("x-t", "1");
    assert_eq!(trailers.send().text(), "0 bytes: ");
}

#[testkit::scenario]
fn an_empty_body_may_be_appended_to_where_one_may_follow() {
    let stage = stage();
    let chunked = stage.gateway.request("POST", "/request-body/append?nothing").chunk("").send();
    assert_eq!(chunked.status, 200, "{chunked:?}");
    assert_eq!(stage.seen("/request-body/append?nothing").text(), " and more");
}

#[testkit::scenario]
fn a_message_without_a_body_cannot_be_given_one() {
    let stage = stage();
    let reply = stage.gateway.get("/request-body/append?bodiless").send();
    assert_eq!(reply.status, 500, "{reply:?}");
    stage.gateway.wait_for_log("the message has no body", PATIENCE);
}

#[testkit::scenario]
fn trailers_are_read_and_changed() {
    let stage = stage();
    let whole = stage.gateway.post("/request-body/trailers", "12345").trailer("x-sum", "0");
    assert_eq!(whole.trailer("x-secret", "s").trailer("x-kept", "k").send().status, 200);
    let seen = stage.seen("/request-body/trailers");
    assert_eq!(seen.text(), "12345");
    assert_eq!(seen.trailers.text("x-sum"), Some("5"));
    assert_eq!(seen.trailers.text("x-by"), Some("tour"));
    assert_eq!(seen.trailers.text("x-kept"), Some("k"));
    assert_eq!(seen.trailers.text("x-secret"), None);

    let passing = stage.gateway.request("POST", "/request-body/trailers-after-chunks").chunk("ab").pause(PAUSE);
    assert_eq!(passing.chunk("cd").trailer("x-kept", "k").send().status, 200);
    let seen = stage.seen("/request-body/trailers-after-chunks");
    assert_eq!(seen.text(), "ABCD");
    assert_eq!((seen.trailers.text("x-length"), seen.trailers.text("x-kept")), (Some("4"), Some("k")));
}

#[testkit::scenario]
fn a_call_is_made_while_the_body_or_its_trailers_are_held() {
    let stage = stage();
    for path in ["/request-body/call?plain", "/request-body/call?trailers", "/request-body/call-before-trailers"] {
        let request = stage.gateway.request("POST", path).chunk("some ").pause(PAUSE).chunk("body");
        let request = if path.ends_with("plain") { request } else { request.trailer("x-t", "1") };
        assert_eq!(request.send().status, 200);
        let seen = stage.seen(path);
        let trailers = [seen.trailers.text("x-t"), seen.trailers.text("x-mark")];
        match path {
            "/request-body/call?plain" => assert_eq!((seen.text(), trailers), ("some body<mark>", [None, None])),
            "/request-body/call?trailers" => {
                assert_eq!((seen.text(), trailers), ("some body<mark>", [Some("1"), Some("<mark>")]));
            }
            _ => assert_eq!((seen.text(), trailers), ("SOME BODY", [Some("1"), Some("<mark>")])),
        }
    }
}

#[testkit::scenario]
fn a_body_over_the_plugins_limit_is_refused_with_413() {
    let stage = stage();
    let reply = stage.gateway.post("/request-body/append?large", vec![b'a'; 17 << 10]).send();
    assert_eq!((reply.status, reply.text()), (413, "Payload Too Large\n"));
    assert_eq!(stage.access_line("/request-body/append?large"), "/request-body/append?large 413 tour.body_too_large -");
}

#[testkit::scenario]
fn a_body_over_the_gateways_buffer_is_refused_with_413() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Gateway::new().plugin("tour", json!({})).buffer_limit(4096).upstream(&upstream).start();
    let reply = gateway.post("/request-body/append", vec![b'a'; 12 << 10]).send();
    assert_eq!(reply.status, 413, "{reply:?}");
    assert_eq!(gateway.post("/request-body/append", "small").send().status, 200);
}

#[testkit::scenario]
fn chunks_pass_one_by_one_and_changed() {
    let stage = stage();
    let request = stage.gateway.request("POST", "/request-body/chunks").chunk("a").pause(PAUSE).chunk("b").pause(PAUSE);
    assert_eq!(request.chunk("c").send().status, 200);
    assert_eq!(stage.seen("/request-body/chunks").text(), "ABC");
    let large = vec![b'x'; 3 << 20];
    assert_eq!(stage.gateway.post("/request-body/chunks?large", &large).send().status, 200);
    assert_eq!(stage.seen("/request-body/chunks?large").body, vec![b'X'; 3 << 20]);
}

#[testkit::scenario]
fn a_call_between_chunks() {
    let stage = stage();
    let path = "/request-body/call-between-chunks";
    let request = stage.gateway.request("POST", path).chunk("a").pause(PAUSE * 3).chunk("b");
    assert_eq!(request.send().status, 200);
    assert_eq!(stage.seen(path).text(), "A<mark>B<mark>");
    let path = "/request-body/call-at-first-chunk";
    let request = stage.gateway.request("POST", path).chunk("a").pause(PAUSE * 3).chunk("b").pause(PAUSE).chunk("c");
    assert_eq!(request.send().status, 200);
    assert_eq!(stage.seen(path).text(), "A<mark>BC");
}

#[testkit::scenario]
fn nothing_that_arrives_during_a_call_is_lost() {
    let stage = stage();
    for path in ["/request-body/call-between-chunks?large", "/request-body/call-at-first-chunk?large"] {
        let large = vec![b'x'; 800_000];
        assert_eq!(stage.gateway.post(path, &large).send().status, 200);
        let text = stage.seen(path).text().replace("<mark>", "");
        assert!(text.len() == 800_000 && text.bytes().all(|byte| byte == b'X'), "{} bytes", text.len());
    }
}

/// While a call is awaited the gateway can only keep what arrives; it must neither hang nor lose a byte in silence.
#[testkit::scenario]
fn what_outgrows_the_gateways_buffer_during_a_call_is_refused() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let service = Upstream::start(|_| Answer::ok("<mark>").delay(PAUSE * 5));
    let gateway = Gateway::new()
        .plugin("tour", json!({ "services": { "auth": { "cluster": "service" } } }))
        .buffer_limit(4096)
        .upstream(&upstream)
        .cluster("service", &service)
        .start();
    let reply = gateway.post("/request-body/call-between-chunks", vec![b'x'; 600_000]).send();
    assert_eq!(reply.status, 413, "{reply:?}");
    assert_eq!(gateway.post("/request-body/call-between-chunks", "x").send().status, 200);
}

/// An upstream that answers as soon as it has read as far as `sign`, whatever body is still to come.
fn early(sign: &'static str) -> (std::net::SocketAddr, std::thread::JoinHandle<()>) {
    let upstream = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = upstream.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = upstream.accept().unwrap();
        let mut seen = Vec::new();
        while !String::from_utf8_lossy(&seen).contains(sign) {
            let mut part = [0; 4096];
            let count = stream.read(&mut part).unwrap();
            assert!(count > 0, "no {sign:?} in {}", seen.escape_ascii());
            seen.extend_from_slice(&part[..count]);
        }
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 5\r\n\r\nearly").unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    (address, server)
}

/// The held body has not been looked at, so nothing of it may pass: the plugin's `on_error` decides, and fails closed.
#[testkit::scenario]
fn the_upstream_may_answer_while_the_body_is_held() {
    let (address, server) = early("\r\n\r\n");
    let gateway = Gateway::new().plugin("tour", json!({})).upstream(address).start();
    let mut client = gateway.request("POST", "/request-body/append").header("content-length", "1000").start_head();
    client.write("first bytes");
    let reply = client.reply();
    assert_eq!(reply.status, 500, "{reply:?}");
    assert_eq!(gateway.wait_for_access_log(1), ["POST /request-body/append 500 tour.closed"]);
    drop((client, gateway));
    server.join().unwrap();
}

#[testkit::scenario]
fn the_upstream_may_answer_before_the_body_is_complete() {
    let (address, server) = early("first bytes");
    let gateway = Gateway::new().plugin("tour", json!({})).upstream(address).start();
    let began = Instant::now();
    let mut client =
        gateway.request("POST", "/request-body/count-chunks").header("content-length", "1000").start_head();
    client.write("first bytes");
    let reply = client.reply();
    assert_eq!((reply.status, reply.text()), (403, "early"), "{reply:?}");
    assert_eq!(reply.header_text("x-body-length"), Some("11"));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    drop((client, gateway));
    server.join().unwrap();
}
