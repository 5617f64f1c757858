//! The manifests that operators install: their default and each of their rules, with services that tell who asked.

use testkit::{Answer, Gateway, Plugin, Upstream};

const REPORTS: &str = "outbound|8080||reports.shop.svc.cluster.local";

/// The token tells what was asked for.
fn auth() -> Upstream {
    Upstream::start(|seen| Answer::ok("").header("x-token", seen.path.replace('/', "token of ")))
}

fn idp() -> Upstream {
    Upstream::start(|seen| {
        // `gateway:s3cret` in base64: the secret of the gateway's own environment.
        let known = seen.header_text("authorization") == Some("Basic Z2F0ZXdheTpzM2NyZXQ=");
        let known = known && seen.path == "/oauth2/token" && seen.text().contains("scope=orders%3Aread");
        let token = serde_json::json!({ "access_token": "t0k", "token_type": "Bearer", "expires_in": 60 });
        if known { Answer::json(&token) } else { Answer::status(401) }
    })
}

#[testkit::scenario(higress)]
fn the_manifest_fetches_what_its_default_and_its_rules_say() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let (auth, idp) = (auth(), idp());
    let gateway = Gateway::new()
        .manifest("token-fetcher", "deploy/base/token-fetcher.yaml")
        .environment("TOKEN_CLIENT_SECRET", "s3cret")
        .cluster("outbound|80||auth.static", &auth)
        .cluster("outbound|443||idp.dns", &idp)
        .cluster(REPORTS, &upstream)
        .route("shop/orders", "/orders", "upstream")
        .route("shop/reports", "/reports", REPORTS)
        .upstream(&upstream)
        .start();

    for (rule, host, path, header, token) in [
        ("default", "shop.example.com", "/", "x-token", "token of token"),
        ("ingress", "shop.example.com", "/orders", "authorization", "Bearer t0k"),
        ("domain", "eu.partner.example.com", "/", "x-token", "token of token?audience=partner"),
        ("service", "shop.example.com", "/reports", "authorization", "Bearer token of token?audience=reports"),
    ] {
        let reply = gateway.get(path).header("host", host).header(header, "forged").send();
        assert_eq!(reply.status, 200, "{rule}: {}", reply.text());
        assert_eq!(upstream.last().header_text(header), Some(token), "{rule}");
    }
}

#[testkit::scenario]
fn the_envoy_filter_fetches_where_its_rules_say() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let (auth, idp) = (auth(), idp());
    let gateway = Gateway::new()
        .with(Plugin::envoy_filter("deploy/istio/token-fetcher.yaml").env("TOKEN_CLIENT_SECRET", "s3cret"))
        .cluster("outbound|8080||auth.shop.svc.cluster.local", &auth)
        .cluster("outbound|443||idp.example.com", &idp)
        .cluster(REPORTS, &upstream)
        .route("orders", "/orders", "upstream")
        .route("reports", "/reports", REPORTS)
        .upstream(&upstream)
        .start();
    for (rule, path, header, token) in [
        ("no rule", "/", "x-token", "forged"),
        ("route", "/orders", "authorization", "Bearer t0k"),
        ("service", "/reports", "x-token", "token of token?audience=reports"),
    ] {
        let reply = gateway.get(path).header(header, "forged").send();
        assert_eq!(reply.status, 200, "{rule}: {}", reply.text());
        assert_eq!(upstream.last().header_text(header), Some(token), "{rule}");
    }
}
