//! Bodies before headers (ABI 0.2.100): what may be done with both in hand, and what becomes of a gateway that cannot.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{Answer, Gateway, Plugin, RunningGateway, Upstream};

use crate::stage::{PATIENCE, seen};

const PAUSE: Duration = Duration::from_millis(20);

struct Scene {
    gateway: RunningGateway,
    upstream: Upstream,
    _service: Upstream,
}

fn scene() -> Arc<Scene> {
    static RUNNING: Mutex<Weak<Scene>> = Mutex::new(Weak::new());
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.upgrade().unwrap_or_else(|| {
        let scene = Arc::new(Scene::start());
        *running = Arc::downgrade(&scene);
        scene
    })
}

impl Scene {
    fn start() -> Self {
        let upstream = Upstream::start(|seen| match seen.path.as_str() {
            "/response?large" => Answer::ok(vec![b'a'; 70_000]),
            "/response?broken" => Answer::ok("broken things"),
            "/response?chunked" => Answer::status(200).chunk("one ").pause(PAUSE).chunk("two"),
            "/response?empty" => Answer::status(200).chunk(""),
            "/response?trailers" => Answer::status(200).chunk("one").trailer("x-t", "1"),
            _ => Answer::ok("a body"),
        });
        let service = Upstream::start(|_| Answer::ok("<mark>"));
        let plugin = Plugin::new("tour-body-first").config(&json!({ "service": { "cluster": "service" } }));
        let gateway = Gateway::new()
            .with(plugin.allow_on_headers_stop_iteration())
            .upstream(&upstream)
            .cluster("service", &service)
            .start();
        Self { gateway, upstream, _service: service }
    }

    fn arrives(&self, path: &str, body: &str) -> testkit::Seen {
        let reply = self.gateway.post(path, body).send();
        assert_eq!(reply.status, 200, "{reply:?}");
        seen(&self.upstream, path)
    }
}

#[testkit::scenario]
fn headers_are_set_from_the_body() {
    let scene = scene();
    let first = scene.arrives("/", "12345");
    assert_eq!((first.header_text("x-length"), first.text()), (Some("5"), "12345"));
    assert_eq!(scene.gateway.post("/route", "1").send().status, 200);
    assert_eq!(seen(&scene.upstream, "/chosen-by-body").text(), "1");
}

#[testkit::scenario]
fn the_body_is_changed_and_its_length_with_it() {
    let scene = scene();
    for (path, text) in [("/append", "some and more"), ("/prepend", "more and some"), ("/replace", "something else")] {
        let seen = scene.arrives(path, "some");
        assert_eq!(seen.text(), text);
        assert_eq!(seen.header_text("content-length"), Some(text.len().to_string().as_str()));
    }
}

#[testkit::scenario]
fn a_body_comes_whole_however_it_was_sent() {
    let scene = scene();
    let slow = scene.gateway.request("POST", "/append?slow").chunk("two ").pause(PAUSE).chunk("chunks");
    assert_eq!(slow.send().status, 200);
    let slow = seen(&scene.upstream, "/append?slow");
    assert_eq!((slow.header_text("x-length"), slow.text()), (Some("10"), "two chunks and more"));
    let trailers = scene.gateway.request("POST", "/trailers").chunk("body").trailer("x-t", "1");
    assert_eq!(trailers.send().status, 200);
    let trailers = seen(&scene.upstream, "/trailers");
    assert_eq!((trailers.text(), trailers.trailers.text("x-t")), ("body", Some("1")));
    assert_eq!(trailers.trailers.text("x-by"), Some("tour"));
}

#[testkit::scenario]
fn an_empty_body_is_no_reason_to_wait() {
    let scene = scene();
    let length = |path: &str| seen(&scene.upstream, path).header_text("x-length").map(ToOwned::to_owned);
    assert_eq!(scene.gateway.get("/?none").send().status, 200);
    assert_eq!(length("/?none").as_deref(), Some("0"));
    assert_eq!(scene.gateway.post("/?empty", "").send().status, 200);
    assert_eq!(length("/?empty").as_deref(), Some("0"));
    let chunked = scene.gateway.request("POST", "/?chunked").chunk("").send();
    assert_eq!(chunked.status, 200);
    assert_eq!(length("/?chunked").as_deref(), Some("0"));
    let trailers = scene.gateway.request("POST", "/?trailers").trailer("x-t", "1").send();
    assert_eq!(trailers.status, 200);
    assert_eq!(length("/?trailers").as_deref(), Some("0"));
}

#[testkit::scenario]
fn a_call_before_or_after_the_body_is_read() {
    let scene = scene();
    assert_eq!(scene.arrives("/call-first", "some").text(), "some<mark>");
    assert_eq!(scene.arrives("/call-last", "some").text(), "some<mark>");
    assert_eq!(scene.gateway.post("/call-first?large", vec![b'a'; 60_000]).send().status, 200);
    assert_eq!(seen(&scene.upstream, "/call-first?large").body.len(), 60_006);
    assert_eq!(scene.gateway.get("/call-last?none").send().status, 500, "there is no body to add to");
}

#[testkit::scenario]
fn a_client_that_leaves_in_the_middle_of_its_body_harms_nobody() {
    let scene = scene();
    for path in ["/", "/call-first", "/response-after"] {
        let mut client = scene.gateway.request("POST", path).header("content-length", "100").start_head();
        client.write("first");
        std::thread::sleep(PAUSE);
        client.reset();
    }
    assert_eq!(scene.arrives("/append?next", "some").text(), "some and more");
    assert!(!scene.gateway.log_contains("panic"));
}

#[testkit::scenario]
fn a_reply_after_the_body_was_read() {
    let scene = scene();
    let reply = scene.gateway.post("/reply", "some").send();
    assert_eq!((reply.status, reply.text()), (422, "no"));
    assert_eq!(scene.gateway.post("/", vec![b'a'; 70_000]).send().status, 413);
    let announced = scene.gateway.request("POST", "/").header("content-length", "70000").start_head().reply();
    assert_eq!(announced.status, 413, "before a byte of it came");
}

#[testkit::scenario]
fn the_response_follows_in_the_same_function() {
    let reply = scene().gateway.post("/response-after", "some").send();
    assert_eq!((reply.status, reply.header_text("x-by")), (200, Some("tour")));
}

#[testkit::scenario]
fn the_responses_headers_wait_for_its_body() {
    let scene = scene();
    let reply = scene.gateway.get("/response").send();
    assert_eq!((reply.header_text("x-length"), reply.text()), (Some("6"), "a body and more"));
    assert_eq!(reply.header_text("content-length"), Some("15"));
    let chunked = scene.gateway.get("/response?chunked").send();
    assert_eq!((chunked.header_text("x-length"), chunked.text()), (Some("7"), "one two and more"));
    let trailers = scene.gateway.get("/response?trailers").send();
    assert_eq!((trailers.header_text("x-length"), trailers.text()), (Some("3"), "one and more"));
    assert_eq!(trailers.trailers.text("x-t"), Some("1"));
    let empty = scene.gateway.get("/response?empty").send();
    assert_eq!((empty.header_text("x-length"), empty.text()), (Some("0"), " and more"));
    let broken = scene.gateway.get("/response?broken").send();
    assert_eq!((broken.status, broken.text()), (502, "the upstream is broken"));
    assert_eq!(scene.gateway.get("/response?large").send().status, 500, "not the client's fault");
}

#[testkit::scenario]
fn the_example_sends_a_request_where_its_body_says() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let plugin = Plugin::new("body-before-headers").config(&json!({})).allow_on_headers_stop_iteration();
    let gateway = Gateway::new().with(plugin).upstream(&upstream).start();
    assert_eq!(gateway.post("/", r#"{"tenant":"blue"}"#).send().status, 200);
    assert_eq!(upstream.only().header_text("x-tenant"), Some("blue"));
    assert_eq!(gateway.post("/", "nonsense").send().status, 400);
    assert_eq!(gateway.get("/").send().status, 400);
    assert_eq!(upstream.count(), 1);
}

/// Envoy alone: our gateway takes the ABI of Higress from the module, under which bodies come.
#[test]
fn a_gateway_that_keeps_bodies_back_is_found_out() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Gateway::new().plugin("body-before-headers", json!({})).upstream(&upstream).start();
    let began = Instant::now();
    let reply = gateway.post("/", r#"{"tenant":"blue"}"#).send();
    assert_eq!(reply.status, 500, "{reply:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    gateway.wait_for_log("on Envoy set `allow_on_headers_stop_iteration: true`", PATIENCE);
    assert_eq!(gateway.wait_for_access_log(1), ["POST / 500 body-before-headers.no_body"]);
    assert_eq!(upstream.count(), 0);
    assert_eq!(gateway.post("/", r#"{"tenant":"blue"}"#).http2().send().status, 500);
    assert_eq!(gateway.get("/").send().status, 400, "the VM lives, and no body is no reason to wait");
}

/// Envoy alone: our gateway takes the ABI of Higress from the module, under which bodies come.
#[test]
fn a_late_body_is_waited_for_before_a_gateway_is_found_out() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Gateway::new().plugin("body-before-headers", json!({})).upstream(&upstream).start();
    let began = Instant::now();
    let mut client = gateway.request("POST", "/").header("content-length", "17").start_head();
    std::thread::sleep(Duration::from_millis(700));
    client.write(r#"{"tenant":"blue"}"#);
    assert_eq!(client.reply().status, 500);
    let took = began.elapsed();
    assert!(took > Duration::from_millis(700) && took < Duration::from_millis(1700), "{took:?}");
}
