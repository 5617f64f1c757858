//! Whatever arrives, the plugin keeps its promise and the next request works.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use serde_json::json;
use std::sync::{Arc, Barrier};
use std::time::Duration;
use testkit::{Answer, Fault, Gateway, RunningGateway, Seen, Upstream};

/// Renames read every header and write some back, so they see the most.
fn start(upstream: &Upstream) -> RunningGateway {
    let operations = json!([
        {"rename": {"from": "x-from", "to": "x-to"}},
        {"append": {"name": "x-many", "value": "last"}},
        {"addIfAbsent": {"name": "x-absent", "value": "here"}},
        {"set": {"name": "x-set", "value": "set"}},
        {"remove": "x-gone"},
    ]);
    Gateway::new()
        .plugin("header-injector", json!({"request": operations, "response": operations}))
        .upstream(upstream)
        .header_limits(256, 3000)
        .buffer_limit(32768)
        .start()
}

/// Answers with the headers that it was asked with, so that both sides of the plugin see them.
fn echo() -> Upstream {
    Upstream::start(|seen: &Seen| {
        let mut answer = Answer::ok("hi");
        for (name, value) in
            seen.headers.iter().filter(|(name, _)| name.starts_with(b"x-to") || name.starts_with(b"x-pad"))
        {
            let name = if name == b"x-to" { b"x-from" } else { name };
            answer = answer.header(name, value);
        }
        answer
    })
}

fn assert_works(gateway: &RunningGateway, upstream: &Upstream) {
    let reply = gateway.get("/next").header("x-from", "next").send();
    assert_eq!((reply.status, reply.header_text("x-set")), (200, Some("set")));
    let next = upstream.last();
    assert_eq!(
        (&*next.path, next.header_text("x-to"), next.header_text("x-set")),
        ("/next", Some("next"), Some("set"))
    );
}

/// More than the plugin keeps without asking the gateway which of them are still there.
const MANY: usize = 150;

#[testkit::scenario]
fn clients_that_leave_before_the_response_do_no_harm() {
    let all_left = Arc::new(Barrier::new(2));
    let until_then = all_left.clone();
    let upstream = Upstream::start(move |seen: &Seen| match seen.path.as_str() {
        "/never" => Answer::hang(),
        "/slow" => {
            until_then.wait();
            Answer::ok("hi")
        }
        _ => Answer::ok("hi"),
    });
    let gateway = start(&upstream);
    let mut waiting = gateway.get("/slow").start();
    upstream.wait_for(1);
    for seen in 0..MANY {
        let client = gateway.get("/never").start();
        assert_eq!(upstream.wait_for(seen + 2).last().unwrap().header_text("x-set"), Some("set"));
        client.reset();
    }
    all_left.wait();
    assert_eq!(waiting.reply().header_text("x-set"), Some("set"));
    assert_works(&gateway, &upstream);
}

#[testkit::scenario]
fn bytes_that_are_no_text_are_kept() {
    let upstream = echo();
    let gateway = start(&upstream);
    let bytes: Vec<u8> = std::iter::once(b'\t').chain(0x20..0x7f).chain(0x80..=0xff).collect();
    let bytes = [b"<", &bytes[..], b">"].concat();
    for request in [gateway.get("/"), gateway.get("/").http2()] {
        let reply = request.header("x-from", &bytes).header("x-from", b"\xff\xfe").send();
        let expected: [&[u8]; 2] = [&bytes, b"\xff\xfe"];
        assert_eq!(upstream.last().headers.all("x-to"), expected);
        assert_eq!(reply.headers.all("x-to"), expected);
        assert!(!reply.headers.contains("x-from") && !upstream.last().headers.contains("x-from"));
        assert_works(&gateway, &upstream);
    }
}

#[testkit::scenario]
fn many_headers_and_long_values_are_kept() {
    let upstream = echo();
    let gateway = start(&upstream);
    for count in [1_000, 1_020, 2_500] {
        let mut request = gateway.get("/").header("x-from", "first");
        for index in 0..count {
            request = request.header(format!("x-pad-{index}"), "pad");
        }
        let reply = request.header("x-from", "second").send();
        for headers in [&upstream.last().headers, &reply.headers] {
            assert_eq!(headers.all("x-to"), [&b"first"[..], b"second"], "{count} headers");
            assert_eq!(headers.iter().filter(|(name, _)| name.starts_with(b"x-pad-")).count(), count);
            assert_eq!(headers.text("x-many"), Some("last"));
        }
        assert_works(&gateway, &upstream);
    }

    let long = vec![b'v'; 60 * 1024];
    let reply = gateway.get("/").header("x-from", &long).header("x-many", &long).send();
    assert!(upstream.last().headers.all("x-to") == [&long], "the upstream got another value than 60 KB of v");
    assert!(upstream.last().headers.all("x-many") == [&long[..], b"last"], "60 KB and one more value");
    assert!(reply.headers.all("x-to") == [&long], "the client got another value than 60 KB of v");
    assert_works(&gateway, &upstream);

    let mut request = gateway.get("/");
    for index in 0..1_000 {
        request = request.header("x-from", index.to_string());
    }
    request.send();
    let seen = upstream.last();
    assert_eq!(seen.headers.all("x-to").len(), 1_000);
    assert_eq!(seen.headers.all("x-to").last(), Some(&&b"999"[..]));
    assert_works(&gateway, &upstream);
}

#[testkit::scenario]
fn bodies_of_any_size_pass() {
    let upstream = Upstream::start(|seen| Answer::ok(&seen.body));
    let gateway = start(&upstream);
    for size in [0, 1, 32 * 1024, 5 << 20] {
        let body = vec![b'b'; size];
        let reply = gateway.post("/", &body).send();
        assert!(reply.body == body, "{size} bytes went, {} came back", reply.body.len());
        assert!(upstream.last().body == body, "{size} bytes went, {} arrived", upstream.last().body.len());
        assert_works(&gateway, &upstream);
    }
    let reply = gateway.request("POST", "/").chunk("a").chunk("b").trailer("x-after", "1").send();
    assert_eq!(reply.text(), "ab");
    assert_works(&gateway, &upstream);
}

#[testkit::scenario]
fn a_client_that_leaves_is_forgotten() {
    let upstream = Upstream::start(|seen| match &*seen.path {
        "/slow" => Answer::hang(),
        "/half" => Answer::ok("").chunk("a").pause(Duration::from_secs(5)).chunk("b"),
        _ => Answer::ok("hi"),
    });
    let gateway = start(&upstream);
    for path in ["/slow", "/half"] {
        for reset in [true, false] {
            let before = upstream.count();
            let client = gateway.get(path).start();
            upstream.wait_for(before + 1);
            if reset {
                client.reset()
            } else {
                drop(client)
            }
            assert_works(&gateway, &upstream);
        }
    }
    let client = gateway.post("/", "").header("content-length", "100").start_head();
    let begun = testkit::eventually(Duration::from_secs(5), || (upstream.started() > upstream.count()).then_some(()));
    assert!(begun.is_some(), "the upstream sees the head of a request whose body is missing");
    client.reset();
    assert_works(&gateway, &upstream);
}

#[testkit::scenario]
fn an_upstream_that_breaks_is_survived() {
    let upstream = Upstream::start(|seen| match &*seen.path {
        "/reset" => Answer::reset(),
        "/close" => Answer::close(),
        "/head" => Answer::ok("hello").cut_in_headers(Fault::Reset),
        "/body" => Answer::ok("hello").cut_in_body(2, Fault::Reset),
        "/garbage" => Answer::raw(b"\xff\xfe no HTTP\r\n\r\n"),
        _ => Answer::ok("hi"),
    });
    let gateway = start(&upstream);
    for (path, status) in [("/reset", 503), ("/close", 503), ("/head", 502), ("/garbage", 502)] {
        let reply = gateway.get(path).send();
        assert_eq!((reply.status, reply.header_text("x-set")), (status, Some("set")), "{path}");
        assert_works(&gateway, &upstream);
    }
    let incomplete = gateway.get("/body").try_send().expect_err("half a body");
    assert_eq!(
        incomplete.partial.and_then(|reply| reply.header_text("x-set").map(str::to_owned)).as_deref(),
        Some("set")
    );
    assert_works(&gateway, &upstream);
}

/// Numbers that look random and are the same in every run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// A header value that no peer may trim: no space at its ends, any byte above.
    fn value(&mut self) -> Vec<u8> {
        (0..self.below(200)).map(|_| self.pick(&[b'a', b'"', b',', 0x80, 0xc3, 0xff, 0xfe, 0xf0])).collect()
    }
}

#[testkit::scenario]
fn a_thousand_random_requests() {
    let upstream = echo();
    let gateway = start(&upstream);
    let mut random = Random(0x5eed);
    let mut connection = gateway.connect();
    for round in 0..1_000 {
        let path = format!("/{}", "%ff?&=".repeat(random.below(20)));
        let mut request = gateway.request(random.pick(&["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]), &path);
        let mut from: Vec<Vec<u8>> = Vec::new();
        for _ in 0..random.below(30) {
            let name =
                random.pick(&["x-from", "x-to", "X-Many", "x-absent", "x-set", "x-gone", "x-pad", "cookie", "x-From"]);
            let value = random.value();
            request = request.header(name, &value);
            if name.eq_ignore_ascii_case("x-from") {
                from.push(value);
            }
        }
        let reply = connection.send(&request.body(vec![b'b'; random.below(4096)]));
        assert_eq!(reply.status, 200, "round {round}: {reply:#?}");
        let seen = upstream.last();
        if !from.is_empty() {
            assert_eq!(seen.headers.all("x-to"), from, "round {round}");
        }
        assert_eq!((seen.headers.all("x-set"), seen.header("x-gone")), (vec![&b"set"[..]], None), "round {round}");
        assert_eq!(seen.headers.all("x-many").last(), Some(&&b"last"[..]), "round {round}");
    }
    assert_works(&gateway, &upstream);
    assert_eq!(upstream.count(), 1_001);
}

#[testkit::scenario]
fn requests_that_are_no_http_do_no_harm() {
    let upstream = echo();
    let gateway = start(&upstream);
    for bytes in [
        &b"\xff\xfe\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\nhost: a\r\nx-from\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nx-from: \0\r\n\r\n",
    ] {
        let mut connection = gateway.connect();
        let reply = connection.write(bytes).reply();
        assert_eq!(reply.status, 400, "{}", bytes.escape_ascii());
        assert_works(&gateway, &upstream);
    }
}

#[testkit::scenario]
fn logs_do_not_tell_configured_values() {
    const SECRET: &str = "canary-value";
    let operations = json!([
        {"set": {"name": "x-set", "value": SECRET}},
        {"append": {"name": "x-append", "value": SECRET}},
        {"addIfAbsent": {"name": "x-absent", "value": SECRET}},
    ]);
    let config = json!({"request": operations, "response": operations});
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway =
        Gateway::new().plugin("header-injector", config.clone()).upstream(&upstream).log_level("wasm", "trace").start();
    assert_eq!(gateway.get("/").send().header_text("x-set"), Some(SECRET));
    assert!(!gateway.log_contains(SECRET), "{gateway:?}");

    let mut config = config;
    config["requests"] = json!([]);
    let refusal =
        Gateway::new().plugin("header-injector", config).try_start().expect_err("an unknown key to be refused");
    assert!(refusal.log.contains("unknown key") && !refusal.log.contains(SECRET), "{}", refusal.log);
}
