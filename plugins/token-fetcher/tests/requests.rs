//! What the service is asked: templates over the request, in every place, and nothing a client can break out of.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test that panics is a test that fails")]

use serde_json::{Value, json};
use testkit::{Answer, Gateway, Plugin, Upstream};

/// The call that a `POST /orders?who=a%26b` of `shop.example` leads to.
fn asked(config: &Value) -> testkit::Seen {
    let mut config = config.clone();
    config["serviceName"] = "auth.static".into();
    config["tokenHeader"] = "x-token".into();
    config["timeoutMs"] = 5_000.into();
    let auth = Upstream::start(|_| Answer::ok("").header("x-token", "s3cr3t-1"));
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let plugin = Plugin::new("token-fetcher").config(&config).env("SECRET", "s3cr3t");
    let gateway = Gateway::new().with(plugin).cluster("outbound|80||auth.static", &auth).upstream(&upstream).start();
    let request = gateway.post("/orders?who=a%26b+c", "body").header("host", "shop.example");
    let request = request.header("cookie", "a=1; sid=s 1").header("cookie", "sid=2").header("x-two", "1");
    assert_eq!(request.header("x-two", "2\"}&x=/").header("x-raw", b"\xff").send().text(), "hi");
    assert_eq!(upstream.only().header_text("x-token"), Some("s3cr3t-1"));
    auth.only()
}

#[testkit::scenario]
fn the_path_and_the_query() {
    let config = json!({
        "requestPath": "/u/${request.cookie.sid}/${request.method}${request.path}?w=${request.query.who}",
        "request": {"query": {"h&": "${request.host} $${x}", "none": "${request.header.none}"}},
    });
    let path = "/u/s%201/POST%2Forders?w=a%26b%20c&h%26=shop.example%20%24%7Bx%7D&none=";
    let seen = asked(&config);
    assert_eq!((&*seen.method, &*seen.path), ("GET", path));
}

#[testkit::scenario]
fn nobody_climbs_out_of_a_path() {
    let auth = Upstream::start(|_| Answer::ok("").header("x-token", "s3cr3t-1"));
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let config = json!({
        "serviceName": "auth.static", "tokenHeader": "x-token", "timeoutMs": 5_000,
        "requestPath": "/users/.${request.header.x-user}/token?of=/../${request.header.x-user}",
        "circuitBreaker": {"failures": 1},
    });
    let gateway = Gateway::new().plugin("token-fetcher", config).cluster("outbound|80||auth.static", &auth);
    let gateway = gateway.upstream(&upstream).start();
    for user in [".", "", "/../.", "a/..", "a\\..\\b", "./a"] {
        let reply = gateway.get("/").header("x-user", user).send();
        assert_eq!((reply.status, auth.started(), upstream.started()), (500, 0, 0), "{user}");
    }
    assert!(gateway.log_contains("a part of the path, as filled in, is `.` or `..`"), "{gateway:?}");
    for (user, path) in [("..", "/users/.../token?of=/../.."), ("a.b", "/users/.a.b/token?of=/../a.b")] {
        assert_eq!(gateway.get("/").header("x-user", user).send().status, 200);
        assert_eq!(auth.last().path, path);
    }
}

#[testkit::scenario]
fn headers_and_a_body_of_any_kind() {
    let config = json!({
        "requestPath": "/", "host": "idp.example",
        "request": {
            "method": "PUT",
            "headers": {"X-All": "<${request.header.x-two}>", "x-raw": "${request.header.x-raw}",
                        "x-secret": "${env.SECRET}", "x-none": "${request.header.none}"},
            "body": {"text": "${request.header.x-two} as it is"},
        },
    });
    let seen = asked(&config);
    assert_eq!((&*seen.method, seen.header_text("host")), ("PUT", Some("idp.example")));
    assert_eq!(seen.header_text("x-all"), Some("<1, 2\"}&x=/>"));
    assert_eq!(seen.header("x-raw"), Some(&b"\xff"[..]));
    assert_eq!((seen.header_text("x-secret"), seen.header("x-none")), (Some("s3cr3t"), None));
    assert_eq!((seen.text(), seen.header("content-type")), ("1, 2\"}&x=/ as it is", None));
}

#[testkit::scenario]
fn the_consumer_is_who_the_gateway_says() {
    let auth = Upstream::start(|seen| {
        let consumer = seen.header_text("x-consumer").unwrap_or("nobody").to_owned();
        Answer::ok("").header("x-token", format!("s3cr3t for {consumer}"))
    });
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let config = json!({
        "serviceName": "auth.static", "requestPath": "/", "tokenHeader": "x-token", "timeoutMs": 5_000, "cache": {},
        "request": {"headers": {"x-consumer": "${request.header.X-Mse-Consumer}"}},
    });
    let gateway = Gateway::new().plugin("token-fetcher", config).cluster("outbound|80||auth.static", &auth);
    let gateway = gateway.upstream(&upstream).start();
    for forged in ["admin", "a", "b", ""] {
        // An auth plugin adds the consumer behind what the client has sent.
        gateway.get("/").header("x-mse-consumer", forged).header("x-mse-consumer", "alice").send();
        assert_eq!(upstream.last().header_text("x-token"), Some("s3cr3t for alice"));
    }
    assert_eq!(auth.count(), 1);
}

#[testkit::scenario]
fn a_form() {
    let config =
        json!({"requestPath": "/", "request": {"body": {"form": {"a b": "${request.header.x-two}", "c": "+"}}}});
    let seen = asked(&config);
    assert_eq!((&*seen.method, seen.text()), ("POST", "a%20b=1%2C%202%22%7D%26x%3D%2F&c=%2B"));
    assert_eq!(seen.header_text("content-type"), Some("application/x-www-form-urlencoded"));
}

#[testkit::scenario]
fn json() {
    let body = json!({"a\"": ["${request.header.x-two}", "${request.header.x-raw}", 1, -2, true, null], "b": {}});
    let seen = asked(&json!({"requestPath": "/", "request": {"body": {"json": body}}}));
    assert_eq!(seen.json(), json!({"a\"": ["1, 2\"}&x=/", "\u{fffd}", 1, -2, true, null], "b": {}}));
    assert_eq!(seen.header_text("content-type"), Some("application/json"));

    let body = json!({"headers": {"Content-Type": "application/x"}, "body": {"json": []}});
    let seen = asked(&json!({"requestPath": "/", "request": body}));
    assert_eq!((seen.text(), seen.headers.all("content-type")), ("[]", vec![&b"application/x"[..]]));
}

#[testkit::scenario]
fn a_later_call_uses_what_an_earlier_one_gave() {
    let auth = Upstream::start(|seen| match &*seen.path {
        "/device" => Answer::json(&json!({"device": {"id": "d 1"}})).header("x-nonce", "s3cr3t-nonce"),
        "/session/d%201" if seen.header_text("x-nonce") == Some("s3cr3t-nonce") => Answer::ok("s-1\n"),
        "/token?session=s-1&user=u" => Answer::ok("").header("x-token", "s3cr3t-1"),
        _ => Answer::status(404),
    });
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let config = json!({
        "steps": [
            {"name": "device", "serviceName": "auth.static", "requestPath": "/device",
             "values": {"id": {"json": "/device/id"}, "nonce": {"header": "x-nonce"}}},
            {"name": "session", "serviceName": "auth.static", "requestPath": "/session/${step.device.id}",
             "request": {"headers": {"x-nonce": "${step.device.nonce}"}}, "values": {"id": "body"}},
        ],
        "serviceName": "auth.static",
        "requestPath": "/token?session=${step.session.id}&user=${request.header.x-user}",
        "tokenHeader": "x-token",
        "timeoutMs": 3_000,
    });
    let gateway = Gateway::new()
        .plugin("token-fetcher", config.clone())
        .cluster("outbound|80||auth.static", &auth)
        .upstream(&upstream)
        .start();
    gateway.get("/").header("x-user", "u").send();
    assert_eq!(upstream.last().header_text("x-token"), Some("s3cr3t-1"), "{gateway:?}");
    assert_eq!(auth.count(), 3);

    let mut config = config;
    config["steps"][0]["requestPath"] = "/none".into();
    let gateway = Gateway::new()
        .plugin("token-fetcher", config)
        .cluster("outbound|80||auth.static", &auth)
        .upstream(&upstream)
        .start();
    assert_eq!(gateway.get("/").send().status, 500);
    assert!(gateway.log_contains("step `device`: the service answered with status 404"), "{gateway:?}");
}
