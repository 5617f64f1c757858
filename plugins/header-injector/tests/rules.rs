//! Settings by domain and by route, as Higress delivers them.

use serde_json::{Value, json};
use testkit::{Answer, Gateway, RunningGateway, Upstream};

fn says(value: &str) -> Value {
    json!([{"set": {"name": "x-by", "value": value}}])
}

fn start(config: Value, upstream: &Upstream) -> RunningGateway {
    Gateway::new()
        .plugin("header-injector", config)
        .cluster("upstream", upstream)
        .route("orders", "/orders", "upstream")
        .route("rest", "/", "upstream")
        .start()
}

fn seen_by(gateway: &RunningGateway, upstream: &Upstream, host: &str, path: &str) -> Option<String> {
    gateway.get(path).header("host", host).send();
    upstream.last().header_text("x-by").map(ToOwned::to_owned)
}

#[testkit::scenario]
fn the_first_rule_that_matches_wins_and_the_global_settings_are_the_rest() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let config = json!({
        "request": says("global"),
        "_rules_": [
            {"_match_domain_": ["*.shop.example"], "request": says("domain")},
            {"_match_route_": ["orders"], "request": says("route")},
        ],
    });
    let gateway = start(config, &upstream);
    for (host, path, expected) in [
        ("www.shop.example", "/", "domain"),
        ("WWW.shop.example:8080", "/orders", "domain"),
        ("shop.example", "/", "global"),
        ("shop.example", "/orders/1", "route"),
        ("other", "/", "global"),
    ] {
        assert_eq!(seen_by(&gateway, &upstream, host, path).as_deref(), Some(expected), "{host}{path}");
    }
}

#[testkit::scenario]
fn rules_alone_leave_other_requests_as_they_are() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = start(json!({"_rules_": [{"_match_route_": ["orders"], "request": says("route")}]}), &upstream);
    assert_eq!(seen_by(&gateway, &upstream, "any", "/orders").as_deref(), Some("route"));
    assert_eq!(seen_by(&gateway, &upstream, "any", "/"), None);
    assert!(!upstream.last().headers.contains("hello"), "the default is for empty settings, not for no settings");
}

#[testkit::scenario]
fn a_rule_without_settings_says_hello_world() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = start(json!({"_rules_": [{"_match_domain_": ["hello.example"]}]}), &upstream);
    gateway.get("/").header("host", "hello.example").send();
    assert_eq!(upstream.last().header_text("hello"), Some("world"));
}

/// The route changes while the request is under way, but the rule that was chosen at its start stays.
#[testkit::scenario]
fn the_rule_is_chosen_once_for_both_sides() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let config = json!({"_rules_": [
        {"_match_route_": ["orders"], "request": [{"set": {"name": ":path", "value": "/"}}], "response": says("orders")},
        {"_match_route_": ["rest"], "response": says("rest")},
    ]});
    let gateway = start(config, &upstream);
    assert_eq!(gateway.get("/orders").send().header_text("x-by"), Some("orders"));
    assert_eq!(upstream.last().path, "/");
    assert_eq!(gateway.get("/").send().header_text("x-by"), Some("rest"));
}
