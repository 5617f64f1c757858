//! When the service fails: each failure has its outcome, in time, and the next request works.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test that panics is a test that fails")]

use serde_json::{Value, json};
use std::time::{Duration, Instant};
use testkit::{Answer, Fault, Gateway, RunningGateway, Seen, Target, Upstream};

const CLUSTER: &str = "outbound|80||auth.static";

fn mission() -> Value {
    json!({"serviceName": "auth.static", "requestPath": "/token", "tokenHeader": "x-token"})
}

/// The mission's configuration, with time enough to read 10 MB on a busy machine.
fn patient() -> Value {
    let mut config = mission();
    config["timeoutMs"] = 10_000.into();
    config
}

/// An auth service that does as the test says, until it is told to behave.
struct Auth {
    service: Upstream,
    well: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl Auth {
    fn failing(fault: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let well = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let seen_well = std::sync::Arc::clone(&well);
        let service = Upstream::start(move |seen| match seen_well.load(std::sync::atomic::Ordering::Relaxed) {
            true => Answer::ok("").header("x-token", "s3cr3t-1"),
            false => fault(seen),
        });
        Self { service, well }
    }

    fn recover(&self) {
        self.well.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

fn start(config: Value, auth: impl Into<Target>, upstream: &Upstream) -> RunningGateway {
    Gateway::new().plugin("token-fetcher", config).cluster(CLUSTER, auth).upstream(upstream).start()
}

/// The client is told what the plugin says and no more, and the upstream sees nothing. How exactly the deadline is kept
/// is tested on a clock that is not shared with other programs: `unit.rs`.
fn assert_refused(gateway: &RunningGateway, upstream: &Upstream, details: &str) {
    let (before, since) = (upstream.started(), Instant::now());
    let reply = gateway.get("/refused").header("x-token", "s3cr3t-forged").send();
    assert_eq!((reply.status, reply.text()), (500, "http call failed"), "{gateway:?}");
    assert!(since.elapsed() < Duration::from_secs(5), "500 ms are the limit, it took {:?}", since.elapsed());
    assert_eq!(upstream.started(), before);
    let line = gateway.wait_for_access_log(1).pop().expect("a line");
    assert!(line.contains(&format!("500 token-fetcher.{details}")), "{line}");
}

/// The request goes on, without any token.
fn assert_passes_bare(gateway: &RunningGateway, upstream: &Upstream) {
    let reply = gateway.get("/open").header("X-Token", "s3cr3t-1").header("x-token", "s3cr3t-2").send();
    assert_eq!(reply.status, 200);
    assert_eq!(upstream.last().path, "/open");
    assert!(!upstream.last().headers.contains("x-token"), "{:#?}", upstream.last());
}

fn assert_works(gateway: &RunningGateway, upstream: &Upstream) {
    assert_eq!(gateway.get("/next").send().status, 200);
    assert_eq!((&*upstream.last().path, upstream.last().header_text("x-token")), ("/next", Some("s3cr3t-1")));
}

#[testkit::scenario]
fn a_service_that_fails_is_answered_with_500() {
    type Faulty = fn(&Seen) -> Answer;
    let cases: [(&str, Faulty); 8] = [
        ("unreachable", |_| Answer::reset()),
        ("unreachable", |_| Answer::close()),
        ("unreachable", |_| Answer::ok("").header("x-token", "s3cr3t-cut").cut_in_headers(Fault::Reset)),
        ("unreachable", |_| Answer::ok("a long body").header("x-token", "s3cr3t-cut").cut_in_body(3, Fault::Reset)),
        ("timeout", |_| Answer::hang()),
        ("timeout", |_| Answer::ok("").header("x-token", "s3cr3t-late").delay(Duration::from_secs(10))),
        ("timeout", |_| Answer::ok("a long body").header("x-token", "s3cr3t-cut").cut_in_body(3, Fault::Hang)),
        ("bad_status", |_| Answer::status(401).header("x-token", "s3cr3t-401").body("s3cr3t body")),
    ];
    for (details, fault) in cases {
        let auth = Auth::failing(fault);
        let upstream = Upstream::start(|_| Answer::ok("hi"));
        let mut config = mission();
        if details != "timeout" {
            config["timeoutMs"] = 5_000.into();
        }
        let gateway = start(config, &auth.service, &upstream);
        assert_refused(&gateway, &upstream, details);
        if details == "timeout" {
            assert!(gateway.log_contains("no answer within 500 ms"), "{gateway:?}");
        }
        auth.recover();
        assert_works(&gateway, &upstream);
    }
}

#[testkit::scenario]
fn garbage_is_not_an_answer() {
    let auth = Auth::failing(|_| Answer::raw(b"\xff\xfe no HTTP\r\n\r\n"));
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = start(mission(), &auth.service, &upstream);
    let reply = gateway.get("/").send();
    assert_eq!((reply.status, reply.text(), upstream.started()), (500, "http call failed", 0));
    auth.recover();
    assert_works(&gateway, &upstream);
}

#[testkit::scenario]
fn a_service_that_refuses_connections_is_answered_with_500() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = start(mission(), Target::refused(), &upstream);
    assert_refused(&gateway, &upstream, "unreachable");
    assert!(gateway.log_contains("check that it runs"), "{gateway:?}");
}

#[testkit::scenario]
fn a_call_that_cannot_be_sent_lets_the_request_pass() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let nowhere = start(mission(), Target::NoEndpoints, &upstream);
    assert_passes_bare(&nowhere, &upstream);
    assert!(nowhere.log_contains("no healthy host"), "{nowhere:?}");

    let unknown = Gateway::new().plugin("token-fetcher", mission()).upstream(&upstream).start();
    assert_passes_bare(&unknown, &upstream);
    assert!(unknown.log_contains("the gateway has no such cluster"), "{unknown:?}");
}

#[testkit::scenario]
fn an_answer_without_a_token_lets_the_request_pass() {
    type Faulty = fn(&Seen) -> Answer;
    let cases: [Faulty; 3] = [
        |_| Answer::ok("x-token"),
        |_| Answer::ok("").header("x-token", ""),
        |_| Answer::ok(vec![b'b'; 10 << 20]).header("x-token", "s3cr3t-big"),
    ];
    for fault in cases {
        let auth = Auth::failing(fault);
        let upstream = Upstream::start(|_| Answer::ok("hi"));
        let gateway = start(patient(), &auth.service, &upstream);
        assert_passes_bare(&gateway, &upstream);
        auth.recover();
        assert_works(&gateway, &upstream);
    }
}

#[testkit::scenario]
fn bytes_above_0x7f_come_through_as_they_are() {
    let bytes: Vec<u8> = (0x80..=0xff).collect();
    let token = [b"s3cr3t<", &bytes[..], b">"].concat();
    let sent = token.clone();
    let auth = Upstream::start(move |_| Answer::ok(b"\xff\xfe").header("x-token", &sent));
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = start(mission(), &auth, &upstream);
    for _ in 0..2 {
        assert_eq!(gateway.get("/").header("x-token", b"\xff\xfe").header("x-other", &bytes).send().text(), "hi");
        assert_eq!(upstream.last().headers.all("x-token"), [&token[..]]);
        assert_eq!(upstream.last().header("x-other"), Some(&bytes[..]));
    }
}

#[testkit::scenario]
fn clients_that_leave_are_forgotten() {
    let auth = Auth::failing(|_| Answer::hang());
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = start(mission(), &auth.service, &upstream);
    for asked in 1..=20 {
        let client = gateway.get("/").start();
        auth.service.wait_for(asked);
        client.reset();
    }
    auth.recover();
    assert_works(&gateway, &upstream);
    assert_eq!(upstream.count(), 1);
}

#[testkit::scenario]
fn each_failure_has_the_outcome_that_the_operator_gives_it() {
    type Faulty = fn(&Seen) -> Answer;
    let faults: [(&str, Faulty); 4] = [
        ("unreachable", |_| Answer::reset()),
        ("timeout", |_| Answer::hang()),
        ("badStatus", |_| Answer::status(403)),
        ("noToken", |_| Answer::ok("")),
    ];
    for (name, fault) in faults {
        let auth = Auth::failing(fault);
        let upstream = Upstream::start(|_| Answer::ok("hi"));
        let mut config = mission();
        config["timeoutMs"] = if name == "timeout" { 300.into() } else { 5_000.into() };
        config["onFailure"] = json!({name: "open"});
        assert_passes_bare(&start(config.clone(), &auth.service, &upstream), &upstream);

        config["onFailure"] = json!({name: "closed"});
        let closed = start(config.clone(), &auth.service, &upstream);
        assert_eq!(closed.get("/").send().text(), "http call failed", "{name}");

        config["onFailure"] =
            json!({name: {"reply": {"status": 429, "headers": {"retry-after": "1"}, "body": "later"}}});
        let custom = start(config, &auth.service, &upstream);
        let reply = custom.get("/").send();
        assert_eq!((reply.status, reply.header_text("retry-after"), reply.text()), (429, Some("1"), "later"), "{name}");
        auth.recover();
        assert_works(&custom, &upstream);
    }
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let mut config = mission();
    config["onFailure"] = json!({"notSent": "closed"});
    let gateway = start(config, Target::NoEndpoints, &upstream);
    assert_refused(&gateway, &upstream, "not_sent");
}

#[testkit::scenario]
fn tries_again_within_one_deadline() {
    let answers = [Answer::reset(), Answer::status(503), Answer::ok("").header("x-token", "s3cr3t-1")];
    let auth = Upstream::script(answers);
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let mut config = mission();
    config["timeoutMs"] = 5_000.into();
    config["retry"] = json!({"tries": 3, "pauseMs": 10});
    let gateway = start(config.clone(), &auth, &upstream);
    assert_works(&gateway, &upstream);
    assert_eq!(auth.count(), 3);

    let silent = Upstream::start(|_| Answer::hang());
    config["timeoutMs"] = 600.into();
    config["retry"] = json!({"tries": 10, "pauseMs": 10, "tryTimeoutMs": 100});
    let gateway = start(config.clone(), &silent, &upstream);
    assert_refused(&gateway, &upstream, "timeout");
    assert!((2..10).contains(&silent.started()), "{} tries of 100 ms in 600 ms", silent.started());

    config["timeoutMs"] = 5_000.into();
    config["retry"] = json!({"tries": 3, "pauseMs": 10});
    let refuses = Upstream::start(|_| Answer::status(401));
    let gateway = start(config, &refuses, &upstream);
    assert_refused(&gateway, &upstream, "bad_status");
    assert_eq!(refuses.count(), 1, "a refusal is final");
}
