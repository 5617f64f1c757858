//! The manifests that operators install: their default and each of their rules, seen by a client.

use testkit::{Answer, Gateway, Plugin, Upstream};

const LEGACY: &str = "outbound|80||legacy.shop.svc.cluster.local";

#[testkit::scenario(higress)]
fn the_manifest_answers_where_its_rules_say() {
    let upstream = Upstream::start(|_| Answer::ok("the backend"));
    let gateway = Gateway::new()
        .manifest("mock-response", "deploy/base/mock-response.yaml")
        .cluster(LEGACY, &upstream)
        .route("shop/orders-v2", "/v2/orders", "upstream")
        .route("shop/legacy", "/legacy", LEGACY)
        .upstream(&upstream)
        .start();

    for (rule, host, path, status, body) in [
        ("default", "shop.example.com", "/", 200, "the backend"),
        ("ingress", "shop.example.com", "/v2/orders", 200, r#"{"orders":[]}"#),
        ("domain", "down.example.com", "/", 503, r#"{"error":"down for maintenance"}"#),
        ("service", "shop.example.com", "/legacy", 410, "this service is gone"),
    ] {
        let reply = gateway.get(path).header("host", host).send();
        assert_eq!((reply.status, reply.text()), (status, body), "{rule}");
    }
    assert_eq!(upstream.count(), 1, "a mock must not reach the backend");
}

#[testkit::scenario]
fn the_envoy_filter_answers_where_its_rules_say() {
    let upstream = Upstream::start(|_| Answer::ok("the backend"));
    let gateway = Gateway::new()
        .with(Plugin::envoy_filter("deploy/istio/mock-response.yaml"))
        .route("orders-v2", "/v2/orders", "upstream")
        .upstream(&upstream)
        .start();
    for (rule, host, path, status, body) in [
        ("default", "shop.example.com", "/", 200, "the backend"),
        ("route", "shop.example.com", "/v2/orders", 200, r#"{"orders":[]}"#),
        ("domain", "down.example.com", "/", 503, "down for maintenance"),
    ] {
        let reply = gateway.get(path).header("host", host).send();
        assert_eq!((reply.status, reply.text()), (status, body), "{rule}");
    }
}
