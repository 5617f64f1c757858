//! Whatever arrives, the mock answers, the requests that pass come through whole, and the next request works.

use serde_json::json;
use testkit::{Answer, Engine, Fault, Gateway, RunningGateway, Target, Upstream};

/// Mocks `mock.example`; what is for other hosts passes.
fn start(upstream: &Upstream) -> RunningGateway {
    Gateway::new()
        .plugin("mock-response", json!({"_rules_": [{"_match_domain_": ["mock.example"], "mockEnable": true}]}))
        .upstream(upstream)
        .header_limits(256, 3000)
        .buffer_limit(32768)
        .start()
}

fn assert_works(gateway: &RunningGateway) {
    assert_eq!(gateway.get("/next").header("host", "mock.example").send().text(), "hello world");
    assert_eq!(gateway.get("/next").send().text(), "upstream");
}

#[testkit::scenario]
fn headers_of_any_bytes_number_and_length() {
    let upstream = Upstream::start(|_| Answer::ok("upstream"));
    let gateway = start(&upstream);
    let bytes: Vec<u8> = (0x80..=0xff).collect();
    for host in ["mock.example", "else.example", "MOCK.EXAMPLE:80"] {
        let mut request = gateway
            .get("/")
            .header("host", host)
            .header("x", b"\xff\xfe")
            .header("x", &bytes)
            .header("long", vec![b'v'; 60 * 1024]);
        for index in 0..1_000 {
            request = request.header(format!("x-{}", index % 500), index.to_string());
        }
        let reply = request.send();
        assert_eq!(reply.text(), if host == "else.example" { "upstream" } else { "hello world" });
        assert_works(&gateway);
    }
    let passed = upstream.requests().into_iter().find(|seen| seen.path == "/").unwrap();
    assert_eq!(passed.headers.all("x"), [&b"\xff\xfe"[..], &bytes]);
    assert_eq!((passed.headers.all("x-7").len(), passed.header("long").map(<[u8]>::len)), (2, Some(60 * 1024)));
}

#[testkit::scenario]
fn hosts_that_are_no_text() {
    let upstream = Upstream::start(|_| Answer::ok("upstream"));
    let gateway = start(&upstream);
    for host in [&b"\xff\xfe"[..], b"", b":80", b"[::1", b"mock.example\xff", b"*.example"] {
        let reply = gateway.get("/").header("host", host).send();
        assert_ne!(reply.text(), "hello world", "{}", host.escape_ascii());
        assert_works(&gateway);
    }
}

#[testkit::scenario]
fn bodies_of_any_size() {
    let upstream = Upstream::start(|seen| Answer::ok(if seen.path == "/next" { b"upstream" } else { &seen.body[..] }));
    let gateway = start(&upstream);
    for size in [0, 1, 5 << 20] {
        let body = vec![b'b'; size];
        assert!(gateway.post("/", &body).send().body == body, "{size} bytes come back");
        // The answer may be there before the body has gone out, so the rest of it may meet a closed connection.
        if let Ok(reply) = gateway.post("/", &body).header("host", "mock.example").try_send() {
            assert_eq!(reply.text(), "hello world", "{size}");
        }
        assert_works(&gateway);
    }
    // A body that never comes does not keep the mock from answering.
    let mut client = gateway.post("/", "").header("host", "mock.example").header("content-length", "100").start_head();
    assert_eq!(client.reply().text(), "hello world");
    assert_works(&gateway);
}

#[testkit::scenario]
fn a_huge_mock_is_sent_whole() {
    let body = "b".repeat(1 << 20);
    let gateway = Gateway::new()
        .plugin("mock-response", json!({"mockEnable": true, "body": body, "headers": {"x-long": "v".repeat(40_000)}}))
        .upstream(Target::refused())
        .start();
    for _ in 0..3 {
        let reply = gateway.get("/").send();
        assert!(reply.text() == body, "{} bytes of 1 MiB", reply.body.len());
        assert_eq!(reply.header("x-long").map(<[u8]>::len), Some(40_000));
    }
}

#[testkit::scenario]
fn clients_and_upstreams_that_break() {
    let upstream = Upstream::start(|seen| match &*seen.path {
        "/reset" => Answer::reset(),
        "/body" => Answer::ok("hello").cut_in_body(2, Fault::Reset),
        "/slow" => Answer::hang(),
        _ => Answer::ok("upstream"),
    });
    let gateway = start(&upstream);
    assert_eq!(gateway.get("/reset").send().status, 503);
    assert_works(&gateway);
    gateway.get("/body").try_send().expect_err("half a body");
    assert_works(&gateway);
    let before = upstream.count();
    let client = gateway.get("/slow").start();
    upstream.wait_for(before + 1);
    client.reset();
    assert_works(&gateway);
    for _ in 0..50 {
        gateway.get("/").header("host", "mock.example").start().reset();
    }
    assert_works(&gateway);
}

#[testkit::scenario]
fn a_thousand_random_requests() {
    let upstream = Upstream::start(|_| Answer::ok("upstream"));
    let gateway = start(&upstream);
    // Numbers that look random and are the same in every run (xorshift).
    let mut state = 0x5eed_u64;
    let mut random = |limit: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % limit
    };
    let mut connection = gateway.connect();
    let mut passed = 0;
    for round in 0..1_000 {
        let mock = random(2) == 0;
        let method = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"][random(6) as usize];
        let path = format!("/{}", "%00?&=".repeat(random(20) as usize));
        let mut request =
            gateway.request(method, &path).header("host", if mock { "mock.example" } else { "else.example" });
        for _ in 0..random(20) {
            let value: Vec<u8> =
                (0..random(100)).map(|_| [b'a', b',', b'"', 0x80, 0xc3, 0xff][random(6) as usize]).collect();
            request = request.header(["x-a", "cookie", "X-B", "authorization"][random(4) as usize], value);
        }
        // Ours closes when it has answered before the request was whole.
        if Engine::current() == Engine::Gateway {
            connection = gateway.connect();
        }
        let reply = connection.send(&request.body(vec![b'b'; random(2048) as usize]));
        assert_eq!((reply.status, reply.text()), (200, if mock { "hello world" } else { "upstream" }), "round {round}");
        passed += usize::from(!mock);
        // Answered before the body had arrived: the gateway does not wait for it, but ends the connection.
        if reply.header_text("connection") == Some("close") {
            connection = gateway.connect();
        }
    }
    assert_eq!(upstream.count(), passed);
    assert_works(&gateway);
}

#[testkit::scenario]
fn logs_do_not_tell_configured_values() {
    let config = json!({"mockEnable": true, "headers": {"x-a": "canary-value"}, "body": "canary-value"});
    let gateway =
        Gateway::new().plugin("mock-response", config).upstream(Target::refused()).log_level("wasm", "trace").start();
    assert_eq!(gateway.get("/").send().text(), "canary-value");
    assert!(!gateway.log_contains("canary-value"), "{gateway:?}");
}
