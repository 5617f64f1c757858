//! The fake upstream and the raw client through a real Envoy without any plugin.

use std::time::{Duration, Instant};

use testkit::{Answer, Broken, Fault, Gateway, RunningGateway, Upstream, eventually};

const SOON: Duration = Duration::from_secs(2);

fn in_front_of(upstream: &Upstream) -> RunningGateway {
    Gateway::new().upstream(upstream).start()
}

#[test]
fn request_and_reply_pass_unchanged() {
    let upstream = Upstream::start(|request| {
        Answer::ok(format!("you sent {}", request.text()))
            .header("x-raw", b"\xff\xfe")
            .header("x-two", "1")
            .header("x-two", "2")
    });
    let gateway = in_front_of(&upstream);

    let reply =
        gateway.post("/orders?q=%2F", "abc").header("x-raw", b"caf\xe9").header("x-a", "1").header("x-a", "2").send();

    assert_eq!(reply.status, 200);
    assert_eq!(reply.text(), "you sent abc");
    assert_eq!(reply.header("x-raw"), Some(&b"\xff\xfe"[..]));
    assert_eq!(reply.headers.all("X-Two"), [b"1", b"2"]);
    let seen = upstream.only();
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/orders?q=%2F"));
    assert_eq!(seen.header("x-raw"), Some(&b"caf\xe9"[..]));
    assert_eq!(seen.headers.all("x-a"), [b"1", b"2"]);
    assert_eq!(seen.header_text("content-length"), Some("3"));
    assert!(seen.complete);
}

#[test]
fn chunks_pauses_and_trailers_pass_both_ways() {
    let upstream = Upstream::start(|_| {
        Answer::status(200).chunk("one ").pause(Duration::from_millis(80)).chunk("two").trailer("x-sum", "7")
    });
    let gateway = in_front_of(&upstream);

    let started = Instant::now();
    let request =
        gateway.request("POST", "/").chunk("a").pause(Duration::from_millis(80)).chunk("b").trailer("x-end", "z");
    let reply = request.send();

    assert!(started.elapsed() >= Duration::from_millis(160), "both pauses were kept");
    assert_eq!(reply.text(), "one two");
    assert_eq!(reply.trailers.text("x-sum"), Some("7"));
    let seen = upstream.only();
    assert_eq!(seen.text(), "ab");
    assert_eq!(seen.trailers.text("x-end"), Some("z"));
}

#[test]
fn large_heads_pass_when_allowed() {
    let upstream = Upstream::start(|request| Answer::ok("").header("x-big", request.header("x-big").unwrap()));
    let gateway = Gateway::new().upstream(&upstream).header_limits(256, 2000).start();

    let mut request = gateway.get("/").header("x-big", "v".repeat(60 * 1024));
    for i in 0..1000 {
        request = request.header(format!("x-{i}"), "v");
    }
    let reply = request.send();

    assert_eq!(reply.header("x-big").map(<[u8]>::len), Some(60 * 1024));
    assert_eq!(upstream.only().headers.iter().filter(|(_, value)| *value == b"v").count(), 1000);
    assert_eq!(in_front_of(&upstream).get("/").header("x-big", "v".repeat(70 * 1024)).send().status, 431);
}

#[test]
fn a_connection_is_used_again() {
    let upstream = Upstream::script([Answer::ok("first"), Answer::status(204), Answer::ok("rest")]);
    let gateway = in_front_of(&upstream);
    let mut connection = gateway.connect();

    assert_eq!(connection.send(&gateway.get("/1")).text(), "first");
    assert_eq!(connection.send(&gateway.get("/2")).status, 204);
    let head = connection.send(&gateway.request("HEAD", "/3"));
    assert_eq!((head.header_text("content-length"), head.body.len()), (Some("4"), 0));
    assert_eq!(connection.send(&gateway.get("/4")).text(), "rest");

    assert_eq!(upstream.count(), 4);
    assert_eq!(upstream.connections(), 1);
    assert_eq!(gateway.stats().get("http.gateway.downstream_cx_total"), Some(1));
}

#[test]
fn faults_before_a_reply_become_gateway_errors() {
    let faults = [
        Answer::reset(),
        Answer::close(),
        Answer::ok("x").cut_in_headers(Fault::Reset),
        Answer::raw("no HTTP\r\n\r\n"),
    ];
    let count = faults.len();
    let upstream = Upstream::script(faults);
    let gateway = Gateway::new().upstream(&upstream).access_log("%RESPONSE_CODE% %RESPONSE_CODE_DETAILS%").start();

    for _ in 0..count {
        gateway.get("/").send();
    }

    let lines = gateway.wait_for_access_log(count);
    assert_eq!(
        lines,
        [
            "503 upstream_reset_before_response_started{connection_termination}",
            "503 upstream_reset_before_response_started{connection_termination}",
            "502 upstream_reset_before_response_started{protocol_error}",
            "502 upstream_reset_before_response_started{protocol_error}",
        ]
    );
}

#[test]
fn a_fault_in_the_body_breaks_the_reply() {
    for (fault, answer) in [
        (Fault::Reset, Answer::ok("0123456789")),
        (Fault::Close, Answer::ok("0123456789")),
        (Fault::Reset, Answer::status(200).chunk("0123").chunk("456789")),
    ] {
        let upstream = Upstream::start(move |_| answer.clone().cut_in_body(4, fault));
        let broken = in_front_of(&upstream).get("/").try_send().unwrap_err();
        assert!(matches!(broken.cause, Broken::Closed | Broken::Reset), "{broken}");
        if let Some(partial) = broken.partial {
            assert!(b"0123".starts_with(&partial.body), "{partial:?}");
        }
    }
}

#[test]
fn a_hanging_upstream_runs_into_the_timeout() {
    let upstream = Upstream::start(|_| Answer::hang());
    let gateway = Gateway::new().upstream(&upstream).route_timeout(Duration::from_millis(150)).start();

    assert_eq!(gateway.get("/").send().status, 504);

    let slow = Upstream::start(|_| Answer::ok("late").delay(Duration::from_secs(30)));
    let broken = in_front_of(&slow).get("/").deadline(Duration::from_millis(100)).try_send().unwrap_err();
    assert_eq!(broken.cause, Broken::Deadline);
}

#[test]
fn a_client_that_leaves_is_seen_by_the_upstream() {
    let upstream = Upstream::start(|_| Answer::hang());
    let gateway = in_front_of(&upstream);

    let connection = gateway.post("/whole", "abc").start();
    assert!(upstream.wait_for(1)[0].complete);
    gateway.wait_for_stat("http.gateway.downstream_rq_active", 1, SOON);
    connection.reset();
    gateway.wait_for_stat("http.gateway.downstream_rq_active", 0, SOON);

    let mut connection = gateway.request("POST", "/half").header("content-length", "100").start_head();
    connection.write("only this");
    eventually(SOON, || (upstream.started() == 2).then_some(())).unwrap();
    assert_eq!(upstream.count(), 1, "a request counts when it has ended");
    drop(connection);

    let half = upstream.wait_for(2).pop().unwrap();
    assert_eq!((half.path.as_str(), half.complete), ("/half", false));
    gateway.wait_for_stat("http.gateway.downstream_rq_active", 0, SOON);
}

#[test]
fn an_early_answer_is_read_although_the_body_is_refused() {
    let upstream = Upstream::start(|_| Answer::ok("never asked"));
    let gateway = Gateway::new()
        .upstream(&upstream)
        .filter_yaml(
            "name: buffer
typed_config:
  '@type': type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer
  max_request_bytes: 1024",
        )
        .start();

    assert_eq!(gateway.post("/", "x".repeat(5000)).send().status, 413);
    assert_eq!(upstream.count(), 0);
}

#[test]
fn a_panic_in_the_closure_fails_the_test() {
    let upstream = Upstream::start(|request| {
        assert_eq!(request.path, "/expected");
        Answer::ok("")
    });
    let gateway = in_front_of(&upstream);
    assert_eq!(gateway.get("/expected").send().status, 200);
    assert_eq!(gateway.get("/other").send().status, 503);

    let dropped = std::thread::spawn(move || drop(upstream)).join().unwrap_err();
    assert!(dropped.downcast::<&str>().unwrap().contains("closure panicked"));
}
