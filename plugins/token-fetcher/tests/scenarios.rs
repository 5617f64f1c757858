//! What upstream, client and auth service see when all goes well.

#![allow(clippy::indexing_slicing, reason = "a test that panics is a test that fails")]

use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Answer, Gateway, Plugin, RunningGateway, Upstream};

fn mission() -> Value {
    json!({"serviceName": "auth.static", "requestPath": "/token?scope=a%20b", "tokenHeader": "X-Token", "timeoutMs": 5_000})
}

fn start(config: Value, auth: &Upstream, upstream: &Upstream) -> RunningGateway {
    Gateway::new().plugin("token-fetcher", config).cluster("outbound|80||auth.static", auth).upstream(upstream).start()
}

fn values(upstream: &Upstream, name: &str) -> Vec<String> {
    upstream.last().headers.all(name).iter().map(|value| value.escape_ascii().to_string()).collect()
}

#[testkit::scenario]
fn the_header_of_the_answer_becomes_a_header_of_the_request() {
    let auth = Upstream::start(|_| Answer::ok("s3cr3t body").header("X-TOKEN", "s3cr3t-1"));
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = start(mission(), &auth, &upstream);
    let reply = gateway.post("/orders", "body").send();
    assert_eq!((reply.status, reply.text()), (200, "hi"));
    assert_eq!(values(&upstream, "x-token"), ["s3cr3t-1"]);
    assert_eq!(upstream.last().text(), "body");

    let asked = auth.only();
    assert_eq!((&*asked.method, &*asked.path), ("GET", "/token?scope=a%20b"));
    assert_eq!((asked.header_text("host"), asked.text()), (Some("auth.static"), ""));
}

#[testkit::scenario]
fn every_request_gets_a_token_of_its_own() {
    let auth = Upstream::script([
        Answer::ok("").header("x-token", "s3cr3t-first").header("x-token", "s3cr3t-other"),
        Answer::ok("").header("x-token", "s3cr3t-second"),
    ]);
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = start(mission(), &auth, &upstream);
    for token in ["s3cr3t-first", "s3cr3t-second"] {
        gateway.get("/").send();
        assert_eq!(values(&upstream, "x-token"), [token]);
    }
}

#[testkit::scenario]
fn a_copy_of_the_client_never_reaches_the_upstream() {
    let auth = Upstream::start(|seen| match seen.header("x-never") {
        Some(_) => Answer::status(500),
        None => Answer::ok("").header("x-token", "s3cr3t-real"),
    });
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = start(mission(), &auth, &upstream);
    for http2 in [false, true] {
        let mut request = gateway.get("/");
        let names = if http2 { ["x-token"; 3] } else { ["X-Token", "x-token", "X-TOKEN"] };
        for (index, name) in names.into_iter().enumerate() {
            request = request.header(name, format!("s3cr3t-forged-{index}"));
        }
        let request = if http2 { request.http2() } else { request };
        assert_eq!(request.send().text(), "hi");
        assert_eq!(values(&upstream, "x-token"), ["s3cr3t-real"]);
    }
    assert!(auth.requests().iter().all(|asked| !asked.headers.contains("x-token")));
}

#[testkit::scenario]
fn the_port_and_every_kind_of_name_lead_to_the_cluster() {
    let auth = Upstream::start(|_| Answer::ok("").header("x-token", "s3cr3t-1"));
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    for (service, cluster, authority) in [
        (json!({"serviceName": "auth.static", "servicePort": 0}), "outbound|80||auth.static", "auth.static"),
        (json!({"serviceName": "auth.dns", "servicePort": 8080}), "outbound|8080||auth.dns", "auth.dns"),
        (
            json!({"serviceName": "auth.ns.svc.cluster.local", "servicePort": 80, "host": "auth.example"}),
            "outbound|80||auth.ns.svc.cluster.local",
            "auth.example",
        ),
        (json!({"cluster": "plain"}), "plain", "plain"),
    ] {
        let mut config = service;
        config["requestPath"] = "token".into();
        config["tokenHeader"] = "x-token".into();
        let gateway =
            Gateway::new().plugin("token-fetcher", config).cluster(cluster, &auth).upstream(&upstream).start();
        gateway.get("/").send();
        assert_eq!(values(&upstream, "x-token"), ["s3cr3t-1"], "{cluster}");
        assert_eq!((&*auth.last().path, auth.last().header_text("host")), ("/token", Some(authority)));
    }
}

#[testkit::scenario]
fn rules_choose_the_service_and_requests_without_a_rule_pass() {
    let auth = Upstream::start(|seen| Answer::ok("").header("x-token", seen.path.as_str()));
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let rule = |domain: &str, path: &str| json!({"_match_domain_": [domain], "serviceName": "auth.static", "requestPath": path, "tokenHeader": "x-token"});
    let gateway = start(json!({"_rules_": [rule("a.example", "/a"), rule("b.example", "/b")]}), &auth, &upstream);
    for (host, token) in [("a.example", "/a"), ("b.example", "/b"), ("c.example", "clients")] {
        gateway.get("/").header("host", host).header("x-token", "clients").send();
        assert_eq!(values(&upstream, "x-token"), [token], "{host}");
    }
    assert_eq!(auth.count(), 2);
}

#[testkit::scenario]
fn http2_on_all_sides() {
    let auth = Upstream::start_http2(|_| Answer::ok("").header("x-token", "s3cr3t-1"));
    let upstream = Upstream::start_http2(|_| Answer::ok("hi"));
    let gateway = start(mission(), &auth, &upstream);
    assert_eq!(gateway.post("/", "body").http2().send().text(), "hi");
    assert_eq!((values(&upstream, "x-token"), upstream.last().text()), (vec!["s3cr3t-1".to_owned()], "body"));
}

#[testkit::scenario]
fn two_plugins_share_a_vm() {
    let auth = Upstream::start(|seen| Answer::ok("").header("x-a", &seen.path).header("x-b", &seen.path));
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let plugin = |path: &str, header: &str| {
        let config = json!({"serviceName": "auth.static", "requestPath": path, "tokenHeader": header});
        Plugin::new("token-fetcher").config(&config).vm_id("shared")
    };
    let gateway = Gateway::new()
        .with(plugin("/1", "x-a"))
        .with(plugin("/2", "x-b"))
        .cluster("outbound|80||auth.static", &auth)
        .upstream(&upstream)
        .start();
    gateway.get("/").send();
    assert_eq!((values(&upstream, "x-a"), values(&upstream, "x-b")), (vec!["/1".to_owned()], vec!["/2".to_owned()]));
}

/// While the token is fetched the gateway holds the request, whole, and serves others.
#[testkit::scenario]
fn a_slow_service_holds_its_own_request_only() {
    let auth = Upstream::start(|_| Answer::ok("").header("x-token", "s3cr3t-1").delay(Duration::from_millis(300)));
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = start(mission(), &auth, &upstream);
    let mut held: Vec<_> = (0..10).map(|_| gateway.post("/", "body").start()).collect();
    auth.wait_for(10);
    assert_eq!(upstream.started(), 0);
    for client in &mut held {
        assert_eq!(client.reply().text(), "hi");
    }
    assert!(upstream.requests().iter().all(|seen| seen.text() == "body"));
}
