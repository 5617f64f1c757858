//! What each operation does, as upstream and client see it.

use serde_json::{Value, json};
use testkit::{Answer, Gateway, Headers, Plugin, Target, Upstream};

fn values(headers: &Headers, name: &str) -> Vec<String> {
    headers.all(name).iter().map(|value| value.escape_ascii().to_string()).collect()
}

/// The headers that reach the upstream when a client sends `sent`.
fn forwarded(config: &Value, sent: &[(&str, &str)]) -> Headers {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Gateway::new().plugin("header-injector", config.clone()).upstream(&upstream).start();
    let request = sent.iter().fold(gateway.get("/"), |request, (name, value)| request.header(name, value));
    assert_eq!(request.send().text(), "hi");
    upstream.only().headers
}

/// The headers that reach the client when the upstream answers with `sent`.
fn answered(config: &Value, sent: &'static [(&str, &str)]) -> Headers {
    let answer =
        |sent: &[(&str, &str)]| sent.iter().fold(Answer::ok("hi"), |answer, (name, value)| answer.header(name, value));
    let upstream = Upstream::start(move |_| answer(sent));
    let gateway = Gateway::new().plugin("header-injector", config.clone()).upstream(&upstream).start();
    gateway.get("/").send().headers
}

#[testkit::scenario]
fn an_empty_configuration_says_hello_world() {
    let sent = forwarded(&json!({}), &[("hello", "moon")]);
    assert_eq!(values(&sent, "hello"), ["moon", "world"]);
}

#[testkit::scenario]
fn no_configuration_is_the_empty_one() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Gateway::new().with(Plugin::new("header-injector")).upstream(&upstream).start();
    let reply = gateway.get("/").send();
    assert_eq!(upstream.only().header_text("hello"), Some("world"));
    assert!(!reply.headers.contains("hello"), "{reply:#?}");
}

/// Envoy delivers a `google.protobuf.Struct` as the bytes of that message, not as JSON.
#[testkit::scenario]
fn a_protobuf_struct_configures_like_json() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let long = "é".repeat(200);
    let config = json!({
        "request": [
            {"set": {"name": "x-long", "value": long}},
            {"append": {"name": "x-empty", "value": ""}},
            {"remove": "x-gone"},
        ],
        "response": [],
        "reroute": false,
        "_plugin_id_": null,
        "_rules_": [{"_match_domain_": ["other.example"], "request": []}],
    });
    let gateway = Gateway::new().with(Plugin::new("header-injector").config_struct(config)).upstream(&upstream).start();
    gateway.get("/").header("x-gone", "1").send();
    let seen = upstream.only().headers;
    assert_eq!(values(&seen, "x-long"), [long.as_bytes().escape_ascii().to_string()]);
    assert_eq!(values(&seen, "x-empty"), [""]);
    assert!(!seen.contains("x-gone") && !seen.contains("hello"), "{seen:#?}");
}

#[testkit::scenario]
fn a_list_for_one_side_replaces_the_default() {
    for config in [json!({"request": []}), json!({"response": []}), json!({"response": [{"remove": "x-a"}]})] {
        assert!(!forwarded(&config, &[]).contains("hello"), "{config}");
    }
}

#[testkit::scenario]
fn request_operations_do_what_their_names_say() {
    let config = json!({"request": [
        {"set": {"name": "x-set", "value": "new"}},
        {"set": {"name": "x-set-absent", "value": "new"}},
        {"append": {"name": "X-Append", "value": "new"}},
        {"append": {"name": "x-append-absent", "value": ""}},
        {"addIfAbsent": {"name": "x-there", "value": "new"}},
        {"addIfAbsent": {"name": "x-empty", "value": "new"}},
        {"addIfAbsent": {"name": "x-not-there", "value": "new"}},
        {"remove": "x-remove"},
        {"remove": "x-remove-absent"},
        {"rename": {"from": "x-from", "to": "x-to"}},
        {"rename": {"from": "x-from-absent", "to": "x-stays"}},
        {"rename": {"from": "x-same", "to": "X-Same"}},
    ]});
    let sent = forwarded(
        &config,
        &[
            ("x-set", "1"),
            ("x-set", "2"),
            ("x-append", "1"),
            ("x-append", "2"),
            ("x-there", "old"),
            ("x-empty", ""),
            ("x-remove", "1"),
            ("x-remove", "2"),
            ("x-from", "1"),
            ("x-from", "2"),
            ("x-to", "old"),
            ("x-stays", "old"),
            ("x-same", "old"),
        ],
    );
    for (name, expected) in [
        ("x-set", &["new"][..]),
        ("x-set-absent", &["new"]),
        ("x-append", &["1", "2", "new"]),
        ("x-append-absent", &[""]),
        ("x-there", &["old"]),
        ("x-empty", &[""]),
        ("x-not-there", &["new"]),
        ("x-remove", &[]),
        ("x-from", &[]),
        ("x-to", &["1", "2"]),
        ("x-stays", &["old"]),
        ("x-same", &["old"]),
    ] {
        assert_eq!(values(&sent, name), expected, "{name}");
    }
}

#[testkit::scenario]
fn response_operations_do_what_their_names_say() {
    let config = json!({"response": [
        {"set": {"name": "x-set", "value": "new"}},
        {"append": {"name": "set-cookie", "value": "b=2"}},
        {"addIfAbsent": {"name": "x-there", "value": "new"}},
        {"addIfAbsent": {"name": "x-not-there", "value": "new"}},
        {"remove": "x-powered-by"},
        {"rename": {"from": "x-from", "to": "x-to"}},
        {"set": {"name": ":status", "value": "203"}},
    ]});
    let got = answered(
        &config,
        &[
            ("x-set", "1"),
            ("set-cookie", "a=1"),
            ("x-there", "old"),
            ("x-powered-by", "x"),
            ("x-from", "1"),
            ("x-from", "2"),
        ],
    );
    for (name, expected) in [
        ("x-set", &["new"][..]),
        ("set-cookie", &["a=1", "b=2"]),
        ("x-there", &["old"]),
        ("x-not-there", &["new"]),
        ("x-powered-by", &[]),
        ("x-from", &[]),
        ("x-to", &["1", "2"]),
    ] {
        assert_eq!(values(&got, name), expected, "{name}");
    }
}

#[testkit::scenario]
fn operations_run_in_the_order_written() {
    let set = json!({"set": {"name": "x-a", "value": "1"}});
    let rename = json!({"rename": {"from": "x-a", "to": "x-b"}});
    let absent = json!({"addIfAbsent": {"name": "x-a", "value": "2"}});
    let remove = json!({"remove": "x-b"});
    for (order, a, b) in [
        ([&set, &rename, &absent, &remove], &["2"][..], &[][..]),
        ([&absent, &remove, &rename, &set], &["1"], &["2"]),
        ([&remove, &absent, &set, &rename], &[], &["1"]),
    ] {
        let sent = forwarded(&json!({ "request": order }), &[]);
        assert_eq!((values(&sent, "x-a"), values(&sent, "x-b")), (strings(a), strings(b)), "{order:?}");
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[testkit::scenario]
fn set_changes_the_pseudo_headers_it_may_change() {
    let config = json!({
        "request": [
            {"set": {"name": ":method", "value": "PUT"}},
            {"set": {"name": ":path", "value": "/new?a=%20b"}},
            {"set": {"name": ":authority", "value": "shop.example:81"}},
            {"set": {"name": ":scheme", "value": "https"}},
        ],
        "response": [{"set": {"name": ":status", "value": "404"}}],
    });
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Gateway::new().plugin("header-injector", config).upstream(&upstream).start();
    let reply = gateway.post("/old", "body").send();
    assert_eq!((reply.status, reply.text()), (404, "hi"));
    let seen = upstream.only();
    assert_eq!((&*seen.method, &*seen.path, seen.header_text("host")), ("PUT", "/new?a=%20b", Some("shop.example:81")));
    assert_eq!(seen.text(), "body");
}

#[testkit::scenario]
fn replies_of_the_gateway_and_of_other_filters_are_changed_too() {
    let config = json!({"response": [{"set": {"name": "x-seen", "value": "yes"}}]});
    let mock = json!({"_rules_": [{"_match_domain_": ["mock.example"], "mockEnable": true, "status": 418}]});
    let gateway = Gateway::new()
        .plugin("header-injector", config)
        .plugin("mock-response", mock)
        .route("dead", "/dead", "dead")
        .cluster("dead", Target::refused())
        .start();
    for (host, path, status) in [("a.example", "/none", 404), ("a.example", "/dead", 503), ("mock.example", "/", 418)] {
        let reply = gateway.get(path).header("host", host).send();
        assert_eq!((reply.status, reply.header_text("x-seen")), (status, Some("yes")), "{host}{path}");
    }
}

/// Stock Envoy picks the route again after every change a plugin of ABI 0.2.1 makes to request headers, and offers
/// no way to keep it. `reroute: false` therefore tells on Higress only, whose own property a stock Envoy must survive.
#[testkit::scenario]
fn stock_envoy_picks_the_route_again_whatever_reroute_says() {
    let (old, new) = (Upstream::start(|_| Answer::ok("old")), Upstream::start(|_| Answer::ok("new")));
    for reroute in [true, false] {
        let config = json!({"reroute": reroute, "request": [{"set": {"name": ":path", "value": "/new"}}]});
        let gateway = Gateway::new()
            .plugin("header-injector", config)
            .route("old", "/old", "old")
            .route("new", "/new", "new")
            .cluster("old", &old)
            .cluster("new", &new)
            .start();
        assert_eq!(gateway.get("/old").send().text(), "new", "reroute: {reroute}");
    }
    assert_eq!(old.count(), 0);
}

#[testkit::scenario]
fn two_plugins_run_in_the_order_of_the_chain() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let appends = |value: &str| {
        let operation = json!([{"append": {"name": "x-by", "value": value}}]);
        json!({"request": operation, "response": operation})
    };
    let gateway = Gateway::new()
        .with(Plugin::new("header-injector").config(&appends("first")).vm_id("shared"))
        .with(Plugin::new("header-injector").config(&appends("second")).vm_id("shared"))
        .plugin("mock-response", json!({"_rules_": [{"_match_domain_": ["mock.example"], "mockEnable": true}]}))
        .upstream(&upstream)
        .start();

    let reply = gateway.get("/").send();
    assert_eq!(values(&upstream.only().headers, "x-by"), ["first", "second"]);
    assert_eq!(values(&reply.headers, "x-by"), ["second", "first"]);

    let mocked = gateway.get("/").header("host", "mock.example").send();
    assert_eq!(mocked.text(), "hello world");
    assert_eq!(values(&mocked.headers, "x-by"), ["second", "first"]);
    assert_eq!(upstream.count(), 1);
}

#[testkit::scenario]
fn http2_on_both_sides() {
    let upstream = Upstream::start_http2(|_| Answer::ok("hi"));
    let config = json!({
        "request": [{"set": {"name": "X-Upper", "value": "1"}}, {"set": {"name": ":path", "value": "/two"}}],
        "response": [{"set": {"name": "X-Upper", "value": "2"}}],
    });
    let gateway = Gateway::new().plugin("header-injector", config).upstream(&upstream).start();
    let reply = gateway.get("/one").http2().send();
    assert_eq!(reply.header_text("x-upper"), Some("2"));
    let seen = upstream.only();
    assert_eq!((&*seen.path, seen.header_text("x-upper")), ("/two", Some("1")));
}
