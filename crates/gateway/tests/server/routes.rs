//! The routing table at work.

use testkit::{Answer, Upstream};

use super::running::Config;

#[test]
fn routes_answer_redirect_rewrite_and_change_headers() {
    let upstream = Upstream::start(|_| Answer::ok("hi").header("x-secret", "1"));
    let gateway = Config::default()
        .cluster("up", upstream.address())
        .route("{ path: /direct }", "direct_response: { status: 202, body: { inline_string: \"here\" } }")
        .route("{ prefix: /old }", "redirect: { host_redirect: new.example, prefix_rewrite: /new }")
        .route(
            "{ prefix: /api/ }",
            "route: { cluster: up, prefix_rewrite: /v1/, host_rewrite_literal: api.example, timeout: 3s }, \
             request_headers_to_add: [ { header: { key: x-route, value: \"%REQ(:METHOD)%-%PROTOCOL%\" } } ], \
             request_headers_to_remove: [ x-gone ], response_headers_to_remove: [ x-secret ], \
             response_headers_to_add: [ { header: { key: x-added, value: \"1\" } } ]",
        )
        .route("{ prefix: /, headers: [ { name: x-only, string_match: { exact: \"1\" } } ] }", "route: { cluster: up }")
        .start();
    let direct = gateway.get("/direct").send();
    assert_eq!((direct.status, direct.text(), direct.header_text("content-type")), (202, "here", Some("text/plain")));
    let moved = gateway.get("/old/x?q=1").header("host", "old.example").send();
    assert_eq!((moved.status, moved.header_text("location")), (301, Some("http://new.example/new/x?q=1")));
    let reply = gateway.get("/api/x?q=1").header("x-gone", "1").header("host", "a.example").send();
    assert_eq!((reply.header("x-secret"), reply.header_text("x-added")), (None, Some("1")));
    let seen = upstream.only();
    assert_eq!((seen.path.as_str(), seen.header_text("host")), ("/v1/x?q=1", Some("api.example")));
    assert_eq!(seen.header_text("x-route"), Some("GET-HTTP/1.1"));
    assert_eq!(seen.header_text("x-envoy-original-path"), Some("/api/x?q=1"));
    assert_eq!(seen.header_text("x-envoy-original-host"), Some("a.example"));
    assert_eq!(seen.header_text("x-envoy-expected-rq-timeout-ms"), Some("3000"));
    assert!(!seen.headers.contains("x-gone"));
    assert_eq!(gateway.get("/other").send().status, 404);
    assert_eq!(gateway.get("/other").header("x-only", "1").send().status, 200);
    let lines = gateway.access_log(5);
    assert_eq!(lines[3], "/other 404 NR route_not_found", "{lines:?}");
}

#[test]
fn one_file_serves_several_machines_by_resolve() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let mut config = Config::default().route("{ prefix: / }", "route: { cluster: far, auto_host_rewrite: true }");
    config.clusters.push(
        "{ name: far, type: STRICT_DNS, load_assignment: { cluster_name: far, endpoints: [ { lb_endpoints: [ { endpoint: { \
         address: { socket_address: { address: far.example, port_value: 80 } } } } ] } ] } }"
            .to_owned(),
    );
    let resolve = format!("far.example:80={}", upstream.address());
    let gateway = config.start_with(&["--resolve", &resolve]);
    assert_eq!(gateway.get("/").send().text(), "hi");
    assert_eq!(upstream.only().header_text("host"), Some("far.example"));
}
