//! Where the token comes from, where it goes, and what becomes of the client's own.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test that panics is a test that fails")]

use serde_json::{Value, json};
use testkit::{Answer, Gateway, RunningGateway, Seen, Upstream};

fn start(config: &Value, auth: &Upstream, upstream: &Upstream) -> RunningGateway {
    let mut config = config.clone();
    config["serviceName"] = "auth.static".into();
    config["requestPath"] = "/token".into();
    config["timeoutMs"] = 5_000.into();
    let gateway = Gateway::new().plugin("token-fetcher", config).cluster("outbound|80||auth.static", auth);
    // Without the path, in which a token may stand.
    gateway.upstream(upstream).access_log("%RESPONSE_CODE%").start()
}

/// What reaches the upstream when the service gives `answer`.
fn forwarded(config: &Value, answer: Answer, path: &str, sent: &[(&str, &str)]) -> Seen {
    let auth = Upstream::start(move |_| answer.clone());
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = start(config, &auth, &upstream);
    let request = sent.iter().fold(gateway.get(path), |request, (name, value)| request.header(name, value));
    assert_eq!(request.send().text(), "hi", "{gateway:?}");
    upstream.only()
}

#[testkit::scenario]
fn from_a_header_the_json_or_the_whole_body() {
    let target = json!({"header": "x-api-key"});
    let body = json!({"data": [{"a/b~": "s3cr3t-json", "n": 42, "b": true}]});
    for (token, answer, expected) in [
        (json!({"header": "x-token"}), Answer::ok("").header("x-token", "s3cr3t-1"), Some("s3cr3t-1")),
        (json!({"json": "/data/0/a~1b~0"}), Answer::json(&body), Some("s3cr3t-json")),
        (json!({"json": "/data/0/n"}), Answer::json(&body), Some("42")),
        (json!({"json": "/data/0/b"}), Answer::json(&body), None),
        (json!({"json": "/data/9/n"}), Answer::json(&body), None),
        (json!({"json": "/data"}), Answer::ok("{\"data\":"), None),
        (json!({"json": "/data"}), Answer::ok(b"\xff\xfe"), None),
        (json!({"json": "/data"}), Answer::json(&json!({"data": "s3cr3t\nlines"})), None),
        (json!("body"), Answer::ok(" s3cr3t-body\r\n"), Some("s3cr3t-body")),
        (json!("body"), Answer::ok(" \n"), None),
        (json!("body"), Answer::ok("s3cr3t".repeat(3 << 10)), None),
    ] {
        let config = json!({"token": token, "target": target});
        let seen = forwarded(&config, answer, "/", &[("x-api-key", "s3cr3t-forged")]);
        assert_eq!(seen.header_text("x-api-key"), expected, "{token}");
    }
}

#[testkit::scenario]
fn into_a_header_with_a_prefix() {
    let config = json!({"token": "body", "target": {"header": "Authorization", "prefix": "Bearer "}});
    let seen = forwarded(
        &config,
        Answer::ok("s3cr3t-1"),
        "/",
        &[("authorization", "s3cr3t-a"), ("AUTHORIZATION", "s3cr3t-b")],
    );
    assert_eq!(seen.headers.all("authorization"), [b"Bearer s3cr3t-1"]);
}

#[testkit::scenario]
fn into_the_query() {
    let config = json!({"token": "body", "target": {"query": "access_token"}});
    for (path, expected) in [
        ("/a", "/a?access_token=s3cr3t%2F%201%26"),
        ("/a?b=%20&access_token=s3cr3t-forged&c", "/a?b=%20&c&access_token=s3cr3t%2F%201%26"),
        ("/a?%61ccess%5ftoken=s3cr3t-forged;access_token", "/a?access_token=s3cr3t%2F%201%26"),
    ] {
        assert_eq!(forwarded(&config, Answer::ok("s3cr3t/ 1&"), path, &[]).path, expected);
    }
    let auth = Upstream::start(|_| Answer::ok("s3cr3t-1"));
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = start(&config, &auth, &upstream);
    assert_ne!(gateway.request("OPTIONS", "*").send().status, 200);
    assert_eq!((upstream.started(), gateway.get("/").send().status), (0, 200));

    let bare = forwarded(&config, Answer::ok(""), "/a?access_token=s3cr3t-forged&b=1", &[]);
    assert_eq!(bare.path, "/a?b=1");
}

#[testkit::scenario]
fn into_a_cookie() {
    let config = json!({"token": "body", "target": {"cookie": "sid"}});
    let sent = [("cookie", "a=1; sid=s3cr3t-forged"), ("cookie", " sid = s3cr3t-forged ;b=2")];
    let seen = forwarded(&config, Answer::ok("s3cr3t-1"), "/", &sent);
    assert_eq!(seen.headers.all("cookie"), [b"a=1; b=2; sid=s3cr3t-1"]);
    let bare = forwarded(&config, Answer::ok("s3cr3t;1"), "/", &sent);
    assert_eq!(bare.headers.all("cookie"), [b"a=1; b=2"]);
    let none = forwarded(&config, Answer::ok(""), "/", &[("cookie", "sid=s3cr3t-forged")]);
    assert!(!none.headers.contains("cookie"));
}

#[testkit::scenario]
fn a_clients_own_may_be_kept_or_refused() {
    for (target, path, sent) in [
        (json!({"header": "x-token"}), "/", ("x-token", "own")),
        (json!({"query": "api_token"}), "/?%61pi_token=own", ("x", "")),
        (json!({"cookie": "t"}), "/", ("cookie", "t=own")),
    ] {
        let auth = Upstream::start(|_| Answer::ok("s3cr3t-1"));
        let upstream = Upstream::start(|_| Answer::ok("hi"));
        let mut config = json!({"token": "body", "target": target});
        config["target"]["present"] = "keep".into();
        let gateway = start(&config, &auth, &upstream);
        gateway.get(path).header(sent.0, sent.1).send();
        let seen = upstream.last();
        assert_eq!((&*seen.path, seen.header_text(sent.0), auth.count()), (path, Some(sent.1), 0));
        gateway.get("/").send();
        assert_eq!(auth.count(), 1);

        config["target"]["present"] = "refuse".into();
        let gateway = start(&config, &auth, &upstream);
        let before = upstream.count();
        assert_eq!(gateway.get(path).header(sent.0, sent.1).send().status, 400);
        assert_eq!((upstream.count(), auth.count()), (before, 1));
        assert_eq!(gateway.get("/").send().status, 200);
    }
}

#[testkit::scenario]
fn success_is_what_the_operator_calls_so() {
    let config = json!({
        "token": {"json": "/token"}, "target": {"header": "x-token"},
        "success": {"statuses": [200, 201], "json": {"pointer": "/code", "equals": 0}},
    });
    for (status, body, expected) in [
        (201, json!({"code": 0, "token": "s3cr3t-1"}), 200),
        (200, json!({"code": 0.0, "token": "s3cr3t-1"}), 200),
        (200, json!({"code": 1, "token": "s3cr3t-1"}), 500),
        (200, json!({"token": "s3cr3t-1"}), 500),
        (202, json!({"code": 0, "token": "s3cr3t-1"}), 500),
    ] {
        let auth = Upstream::start(move |_| Answer::status(status).body(body.to_string()));
        let upstream = Upstream::start(|_| Answer::ok("hi"));
        let gateway = start(&config, &auth, &upstream);
        assert_eq!(gateway.get("/").send().status, expected, "{status} {gateway:?}");
    }
}
