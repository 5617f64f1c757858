//! Requests go to the upstream and its responses come back, with what a gateway adds and takes away.

use testkit::{Answer, Upstream};

use super::running::Config;

#[test]
fn a_request_travels_with_what_envoy_adds_and_without_what_is_for_one_connection() {
    let upstream = Upstream::start(|_| Answer::ok("hi").header("keep-alive", "3").header("server", "mine"));
    let gateway = Config::to(&upstream).start();
    let reply = gateway
        .request("POST", "/a?b=c")
        .header("host", "shop.example")
        .header("X-Bytes", [0xff, b'1'])
        .header("x-a", "1")
        .header("x-a", "2")
        .header("keep-alive", "3")
        .header("x-envoy-internal", "true")
        .body("body")
        .send();
    assert_eq!((reply.status, reply.text()), (200, "hi"));
    assert_eq!(reply.header_text("server"), Some("envoy"));
    assert!(reply.headers.contains("date") && reply.headers.contains("x-envoy-upstream-service-time"), "{reply:?}");
    assert!(!reply.headers.contains("keep-alive"), "{reply:?}");
    let seen = upstream.only();
    assert_eq!((seen.method.as_str(), seen.path.as_str(), seen.text()), ("POST", "/a?b=c", "body"));
    assert_eq!(seen.header_text("host"), Some("shop.example"));
    assert_eq!(seen.header("x-bytes"), Some(&[0xff, b'1'][..]));
    assert_eq!(seen.headers.all("x-a"), [b"1", b"2"]);
    assert_eq!(seen.header_text("x-forwarded-proto"), Some("http"));
    assert_eq!(seen.header_text("x-envoy-expected-rq-timeout-ms"), Some("15000"));
    assert_eq!(seen.header_text("x-request-id").map(str::len), Some(36));
    assert!(!seen.headers.contains("keep-alive") && !seen.headers.contains("x-envoy-internal"), "{:?}", seen.headers);
    assert_eq!(gateway.access_log(1), ["/a?b=c 200 - via_upstream"]);
    assert_eq!(gateway.stat("http.front.downstream_rq_total"), 1);
    assert_eq!(gateway.stat("http.front.downstream_rq_2xx"), 1);
}

#[test]
fn a_connection_serves_many_requests_and_every_thread_serves() {
    let upstream = Upstream::start(|seen| Answer::ok(&seen.path));
    let gateway = Config::to(&upstream).start();
    for _ in 0..2 {
        let mut connection = testkit::Connection::open(gateway.address, super::running::PATIENCE);
        for path in ["/1", "/2", "/3"] {
            assert_eq!(connection.send(&gateway.get(path)).text(), path);
        }
    }
    let worker = |number| {
        let address = gateway.address;
        gateway.stat(&format!("listener.{}_{}.worker_{number}.downstream_cx_total", address.ip(), address.port()))
    };
    assert_eq!([worker(0), worker(1)], [1, 1]);
    assert_eq!(upstream.connections(), 2);
}

#[test]
fn what_an_upstream_does_wrong_is_told_as_envoy_tells_it() {
    let upstream = Upstream::start(|seen| match seen.path.as_str() {
        "/up/reset" => Answer::reset(),
        "/up/garbage" => Answer::raw("garbage\r\n\r\n"),
        "/up/cut" => Answer::ok("0123456789").cut_in_body(4, testkit::Fault::Close),
        _ => Answer::hang(),
    });
    let refused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut config = Config::default()
        .cluster("up", upstream.address())
        .cluster("refused", refused)
        .route("{ prefix: /up }", "route: { cluster: up, timeout: 0.5s }")
        .route("{ prefix: /refused }", "route: { cluster: refused }")
        .route("{ prefix: /empty }", "route: { cluster: empty }");
    config.clusters.push(
        "{ name: empty, connect_timeout: 1s, type: STATIC, load_assignment: { cluster_name: empty, endpoints: [] } }"
            .to_owned(),
    );
    let gateway = config.start();
    let before = "upstream connect error or disconnect/reset before headers. reset reason: ";
    for (path, status, text) in [
        ("/up/reset", 503, format!("{before}connection termination")),
        ("/up/garbage", 502, format!("{before}protocol error")),
        ("/up/hang", 504, "upstream request timeout".to_owned()),
        ("/refused", 503, format!("{before}remote connection failure")),
        ("/empty", 503, "no healthy upstream".to_owned()),
        ("/nowhere", 404, String::new()),
    ] {
        let reply = gateway.get(path).send();
        assert_eq!((reply.status, reply.text()), (status, text.as_str()), "{path}");
    }
    let broken = gateway.get("/up/cut").try_send().unwrap_err();
    assert_ne!(broken.cause, testkit::Broken::Deadline, "{broken}");
    let lines = gateway.access_log(7);
    let flags: Vec<&str> = lines.iter().filter_map(|line| line.split(' ').nth(2)).collect();
    assert_eq!(flags, ["UC", "UPE", "UT", "UF", "UH", "NR", "UPE"], "{lines:?}");
}
