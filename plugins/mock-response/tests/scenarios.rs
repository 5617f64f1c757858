//! What a client gets from the mock, and that nobody else is asked.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use serde_json::{Value, json};
use testkit::{Answer, Gateway, Plugin, Reply, RunningGateway, Target, Upstream};

/// A gateway with the mock before an upstream that must not be asked.
fn start(config: Value) -> RunningGateway {
    Gateway::new().plugin("mock-response", config).upstream(Target::refused()).start()
}

fn mocked(config: Value) -> Reply {
    start(config).get("/").send()
}

fn values<'a>(reply: &'a Reply, name: &str) -> Vec<&'a str> {
    reply.headers.all(name).into_iter().map(|value| str::from_utf8(value).unwrap()).collect()
}

#[testkit::scenario]
fn enabled_it_answers_hello_world() {
    let upstream = Upstream::start(|_| Answer::ok("upstream"));
    let gateway = Gateway::new().plugin("mock-response", json!({"mockEnable": true})).upstream(&upstream).start();
    let reply = gateway.post("/any?a=b", "body").send();
    assert_eq!((reply.status, reply.text()), (200, "hello world"));
    assert_eq!(values(&reply, "content-type"), ["text/plain"]);
    assert_eq!(values(&reply, "content-length"), ["11"]);
    assert_eq!(upstream.started(), 0);
}

#[testkit::scenario]
fn otherwise_the_request_passes() {
    let upstream = Upstream::start(|_| Answer::ok("upstream"));
    for config in
        [json!({}), json!({"mockEnable": false}), json!({"status": 503, "headers": {"x-a": "1"}, "body": "b"})]
    {
        let gateway = Gateway::new().plugin("mock-response", config.clone()).upstream(&upstream).start();
        let reply = gateway.get("/").send();
        assert_eq!((reply.status, reply.text(), reply.header("x-a")), (200, "upstream", None), "{config}");
    }
    let unconfigured = Gateway::new().with(Plugin::new("mock-response")).upstream(&upstream).start();
    assert_eq!(unconfigured.get("/").send().text(), "upstream");
}

#[testkit::scenario]
fn status_headers_and_body_are_as_configured() {
    let reply = mocked(json!({
        "mockEnable": true,
        "status": 418,
        "headers": {
            "Content-Type": "application/json; charset=utf-8",
            "set-cookie": ["a=1", "b=2; Path=/"],
            "x-none": [],
            "x-empty": "",
            "x-text": "grüße",
        },
        "body": "{\"a\":\"grüße\"}\n",
    }));
    assert_eq!((reply.status, reply.text()), (418, "{\"a\":\"grüße\"}\n"));
    assert_eq!(values(&reply, "content-type"), ["application/json; charset=utf-8"]);
    assert_eq!(values(&reply, "set-cookie"), ["a=1", "b=2; Path=/"]);
    assert_eq!((values(&reply, "x-none"), values(&reply, "x-empty")), (vec![], vec![""]));
    assert_eq!(values(&reply, "x-text"), ["grüße"]);
}

#[testkit::scenario]
fn every_status_works_and_some_have_no_body() {
    let statuses =
        [(200, "hello world"), (204, ""), (301, "hello world"), (304, ""), (500, "hello world"), (599, "hello world")];
    let rule = |status: u16| json!({"_match_domain_": [status.to_string()], "mockEnable": true, "status": status});
    let gateway = start(json!({"_rules_": statuses.map(|(status, _)| rule(status))}));
    for (status, expected) in statuses {
        let reply = gateway.get("/").header("host", status.to_string()).send();
        assert_eq!((reply.status, reply.text()), (status, expected));
    }
}

#[testkit::scenario]
fn an_empty_body_is_a_body() {
    for status in [200, 204, 404] {
        let reply = mocked(json!({"mockEnable": true, "status": status, "body": ""}));
        assert_eq!((reply.status, reply.body.len(), reply.header("content-type")), (status, 0, None));
    }
}

#[testkit::scenario]
fn numbers_as_higress_sends_them() {
    let gateway = Gateway::new()
        .with(Plugin::new("mock-response").config_text(r#"{"mockEnable": true, "status": 503.0, "_plugin_id_": "x"}"#))
        .upstream(Target::refused())
        .start();
    assert_eq!(gateway.get("/").send().status, 503);
}

/// The connection has to stay in step: the next reply on it is the one to the next request.
#[testkit::scenario]
fn head_gets_the_headers_without_the_body() {
    let gateway = start(json!({"mockEnable": true, "status": 202, "headers": {"x-a": "1"}}));
    let mut connection = gateway.connect();
    let head = connection.send(&gateway.request("HEAD", "/"));
    assert_eq!(
        (head.status, head.header_text("content-length"), head.header_text("x-a")),
        (202, Some("11"), Some("1"))
    );
    assert!(head.body.is_empty());
    assert_eq!(connection.send(&gateway.get("/")).text(), "hello world");
}

#[testkit::scenario]
fn replies_without_a_body_keep_the_connection_in_step() {
    for status in [204, 304] {
        let gateway = start(json!({"mockEnable": true, "status": status}));
        let mut connection = gateway.connect();
        for _ in 0..3 {
            let reply = connection.send(&gateway.get("/"));
            assert_eq!((reply.status, reply.header("content-length")), (status, None));
        }
    }
}

#[testkit::scenario]
fn http2_clients_get_the_same() {
    let gateway = start(json!({"mockEnable": true, "status": 201, "headers": {"X-Upper": "1"}, "body": "made"}));
    let reply = gateway.post("/", "body").http2().send();
    assert_eq!((reply.status, reply.text(), reply.header_text("x-upper")), (201, "made", Some("1")));
}

/// gRPC has no HTTP status: the gateway turns it into a `grpc-status`, and the body into the message.
#[testkit::scenario]
fn grpc_clients_get_a_grpc_status() {
    for (status, grpc_status) in [(200, "2"), (401, "16"), (404, "12"), (503, "14")] {
        let gateway = start(json!({"mockEnable": true, "status": status, "headers": {"x-a": "1"}, "body": "no"}));
        let reply = gateway
            .post("/shop.Orders/List", b"\0\0\0\0\0")
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .http2()
            .send();
        assert_eq!((reply.status, reply.header_text("content-type")), (200, Some("application/grpc")), "{reply:#?}");
        assert_eq!(
            (reply.header_text("grpc-status"), reply.header_text("grpc-message")),
            (Some(grpc_status), Some("no"))
        );
        assert!(reply.body.is_empty());
    }
}

#[testkit::scenario]
fn access_logs_name_the_plugin() {
    let gateway = start(json!({"mockEnable": true, "status": 503}));
    gateway.get("/a").send();
    assert_eq!(gateway.wait_for_access_log(1), ["GET /a 503 mock-response"]);
}

#[testkit::scenario]
fn rules_choose_by_domain_and_by_route() {
    let upstream = Upstream::start(|_| Answer::ok("upstream"));
    let config = json!({
        "mockEnable": true, "body": "global",
        "_rules_": [
            {"_match_domain_": ["*.shop.example"], "mockEnable": true, "body": "domain"},
            {"_match_route_": ["orders"], "mockEnable": true, "body": "route"},
            {"_match_route_": ["health"], "mockEnable": false},
        ],
    });
    let gateway = |config: &Value| {
        Gateway::new()
            .plugin("mock-response", config.clone())
            .cluster("upstream", &upstream)
            .route("orders", "/orders", "upstream")
            .route("health", "/health", "upstream")
            .route("rest", "/", "upstream")
            .start()
    };
    let all = gateway(&config);
    let mut rules_only = config;
    rules_only.as_object_mut().unwrap().retain(|key, _| key == "_rules_");
    let rules_only = gateway(&rules_only);
    for (host, path, expected, without_global) in [
        ("www.shop.example", "/orders", "domain", "domain"),
        ("other", "/orders/1", "route", "route"),
        ("other", "/health", "upstream", "upstream"),
        ("other", "/", "global", "upstream"),
    ] {
        assert_eq!(all.get(path).header("host", host).send().text(), expected, "{host}{path}");
        assert_eq!(rules_only.get(path).header("host", host).send().text(), without_global, "{host}{path}");
    }
}

/// One VM, two configurations: what belongs to one must not leak into the other.
#[testkit::scenario]
fn two_configurations_share_one_vm() {
    let plugin = |domain: &str, body: &str| {
        let config = json!({"_rules_": [{"_match_domain_": [domain], "mockEnable": true, "body": body}]});
        Plugin::new("mock-response").config(&config).vm_id("shared")
    };
    let upstream = Upstream::start(|_| Answer::ok("upstream"));
    let gateway =
        Gateway::new().with(plugin("a.example", "a")).with(plugin("b.example", "b")).upstream(&upstream).start();
    for (host, expected) in [("a.example", "a"), ("b.example", "b"), ("c.example", "upstream"), ("a.example", "a")] {
        assert_eq!(gateway.get("/").header("host", host).send().text(), expected);
    }
}
