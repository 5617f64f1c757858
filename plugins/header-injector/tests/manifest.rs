//! The manifests that operators install: their default and each of their rules, seen by upstreams.

use testkit::{Answer, Gateway, Plugin, Upstream};

const REPORTS: &str = "outbound|8080||reports.shop.svc.cluster.local";

#[testkit::scenario(higress)]
fn the_manifest_changes_what_its_default_and_its_rules_say() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Gateway::new()
        .manifest("header-injector", "deploy/base/header-injector.yaml")
        .cluster(REPORTS, &upstream)
        .route("shop/checkout", "/checkout", "upstream")
        .route("shop/reports", "/reports", REPORTS)
        .upstream(&upstream)
        .start();

    for (rule, host, path, environment, audit, frames) in [
        ("default", "shop.example.com", "/", "production", None, None),
        ("ingress", "shop.example.com", "/checkout", "production", Some("on"), None),
        ("domain", "eu.partner.example.com", "/", "partner", None, Some("DENY")),
        ("service", "shop.example.com", "/reports", "reports", None, None),
        ("ingress before domain", "eu.partner.example.com", "/checkout", "production", Some("on"), None),
    ] {
        let reply = gateway.get(path).header("host", host).header("x-user-id", "forged").send();
        let seen = upstream.last();
        assert_eq!(seen.header_text("x-env"), Some(environment), "{rule}");
        assert_eq!(seen.header_text("x-audit"), audit, "{rule}");
        assert_eq!(seen.header_text("x-user-id"), None, "{rule}");
        assert_eq!(reply.header_text("x-frame-options"), frames, "{rule}");
    }
}

#[testkit::scenario]
fn the_envoy_filter_changes_what_its_default_and_its_rules_say() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Gateway::new()
        .with(Plugin::envoy_filter("deploy/istio/header-injector.yaml"))
        .route("checkout", "/checkout", "upstream")
        .upstream(&upstream)
        .start();
    for (rule, host, path, environment, audit) in [
        ("default", "shop.example.com", "/", "production", None),
        ("route", "shop.example.com", "/checkout", "production", Some("on")),
        ("domain", "eu.partner.example.com", "/", "partner", None),
    ] {
        gateway.get(path).header("host", host).header("x-user-id", "forged").send();
        let seen = upstream.last();
        assert_eq!(seen.header_text("x-env"), Some(environment), "{rule}");
        assert_eq!(seen.header_text("x-audit"), audit, "{rule}");
        assert_eq!(seen.header_text("x-user-id"), None, "{rule}");
    }
}
