//! The manifest that operators install: its default and each of its rules, counted in a real Redis.

use testkit::{Answer, Gateway, Redis, RunningGateway, Upstream};

const REPORTS: &str = "outbound|8080||reports.shop.svc.cluster.local";

/// How many of `requests` pass.
fn passed(gateway: &RunningGateway, host: &str, path: &str, requests: usize) -> usize {
    let statuses = (0..requests).map(|_| {
        gateway
            .get(path)
            .header("host", host)
            .header("x-api-key", "k")
            .header("x-forwarded-for", "192.0.2.7")
            .send()
            .status
    });
    statuses.filter(|status| *status == 200).count()
}

#[testkit::scenario(higress)]
fn the_manifest_limits_what_its_default_and_its_rules_say() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let redis = Redis::start();
    let gateway = Gateway::new()
        .manifest("rate-limiter", "deploy/base/rate-limiter.yaml")
        .cluster("outbound|80||redis.static", &redis)
        .cluster(REPORTS, &upstream)
        .route("shop/login", "/login", "upstream")
        .route("shop/reports", "/reports", REPORTS)
        .upstream(&upstream)
        .start();

    // Above the smaller limit and below the larger one; a minute may end in between, and begins at most once anew.
    let login = passed(&gateway, "shop.example.com", "/login", 11);
    assert!((5..=10).contains(&login), "ingress: {login} of 11 passed");
    let default = passed(&gateway, "shop.example.com", "/", 11);
    assert_eq!(default, 11, "default");
    let reports = passed(&gateway, "shop.example.com", "/reports", 61);
    assert!((30..=60).contains(&reports), "service: {reports} of 61 passed");

    // A rule of its own: who has no key is refused, and who has one is told from others.
    let keyless = gateway.get("/").header("host", "api.example.com").send();
    assert_eq!(keyless.status, 429, "domain");
    assert_eq!(passed(&gateway, "api.example.com", "/", 11), 11, "domain");
}
