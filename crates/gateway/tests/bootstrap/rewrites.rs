//! What becomes of a request's path and host, and where redirects lead.

use std::time::Duration;

use gateway::bootstrap::{Action, DataSource, HostRewrite, Route};

fn route(fields: &str) -> Route {
    let manager = super::manager(&format!(
        "route_config: {{ virtual_hosts: [{{ name: h, domains: ['*'], routes: [{{ {fields} }}] }}] }}"
    ));
    manager.routes.virtual_hosts[0].routes[0].clone()
}

#[test]
fn paths_are_rewritten() {
    let regex = r"regex_rewrite: { pattern: { regex: '^/v([0-9])/' }, substitution: '/version/\1/' }";
    for (matches, rewrite, path, expected) in [
        ("prefix: /api/", "prefix_rewrite: /", "/api/a?b=/api/", "/a?b=/api/"),
        ("prefix: /api", "prefix_rewrite: /", "/api/a", "//a"),
        ("prefix: /api", "prefix_rewrite: ''", "/api/a", "/a"),
        ("path: /old", "prefix_rewrite: /new", "/old?q", "/new?q"),
        ("path_separated_prefix: /api", "prefix_rewrite: /v1", "/api/a", "/v1/a"),
        ("safe_regex: { regex: '/x.*' }", "prefix_rewrite: /y", "/xyz?q", "/y?q"),
        ("prefix: /", regex, "/v2/a?x=/v3/", "/version/2/a?x=/v3/"),
        ("prefix: /", "timeout: 1s", "/a?b", "/a?b"),
    ] {
        let route = route(&format!("match: {{ {matches} }}, route: {{ cluster: a, {rewrite} }}"));
        assert_eq!(route.upstream_path(path), expected, "{matches} {rewrite} {path}");
    }
}

#[test]
fn redirects_change_what_they_name() {
    for (redirect, authority, path, expected) in [
        ("https_redirect: true", "a.example", "/x?y", "https://a.example/x?y"),
        ("https_redirect: true", "a.example:80", "/", "https://a.example/"),
        ("https_redirect: true", "a.example:8080", "/", "https://a.example:8080/"),
        ("https_redirect: true, port_redirect: 8443", "a.example:80", "/", "https://a.example:8443/"),
        ("host_redirect: b.example", "a.example:8080", "/x", "http://b.example/x"),
        ("scheme_redirect: ftp", "[::1]:80", "/", "ftp://[::1]/"),
        ("scheme_redirect: ftp", "a:8080", "/", "ftp://a:8080/"),
        ("strip_query: true", "a:80", "/?x", "http://a:80/"),
        ("path_redirect: '/new?z', strip_query: true", "a", "/p?y", "http://a/new?z"),
        ("prefix_rewrite: '/q?k'", "a", "/p/x?y", "http://a/q?k/x?y"),
        ("path_redirect: /new", "a", "/p/x?y", "http://a/new?y"),
        ("path_redirect: '/new?z'", "a", "/p/x?y", "http://a/new?z"),
        ("path_redirect: /new, strip_query: true", "a", "/p?y", "http://a/new"),
        ("prefix_rewrite: /q", "a", "/p/x?y", "http://a/q/x?y"),
        ("regex_rewrite: { pattern: { regex: x }, substitution: z }", "a", "/p/xx?x", "http://a/p/zz?x"),
        ("strip_query: true", "a", "/p/x?y", "http://a/p/x"),
    ] {
        let route = route(&format!(
            "match: {{ prefix: {} }}, redirect: {{ {redirect} }}",
            if path.starts_with("/p") { "/p" } else { "/" }
        ));
        assert_eq!(route.location("http", authority, path).as_deref(), Some(expected), "{redirect} {authority} {path}");
    }
}

#[test]
fn redirects_have_a_status() {
    for (code, expected) in [("", 301), ("response_code: FOUND", 302), ("responseCode: PERMANENT_REDIRECT", 308)] {
        match route(&format!("match: {{ prefix: / }}, redirect: {{ host_redirect: b, {code} }}")).action {
            Action::Redirect(redirect) => assert_eq!(redirect.status, expected, "{code}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn hosts_and_timeouts() {
    let minute = Duration::from_secs(60);
    for (fields, host, timeout) in [
        ("", HostRewrite::Keep, Some(Duration::from_secs(15))),
        ("timeout: 0s", HostRewrite::Keep, None),
        ("timeout: 60s, host_rewrite_literal: b", HostRewrite::Literal("b".to_owned()), Some(minute)),
        ("timeout: 60s, autoHostRewrite: true", HostRewrite::Endpoint, Some(minute)),
        ("timeout: 60s, auto_host_rewrite: false", HostRewrite::Keep, Some(minute)),
    ] {
        match route(&format!("match: {{ prefix: / }}, route: {{ cluster: a, {fields} }}")).action {
            Action::Route(action) => assert_eq!((action.host, action.timeout), (host, timeout), "{fields}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn direct_responses() {
    match route("match: { prefix: / }, directResponse: { status: 418, body: { inlineString: teapot } }").action {
        Action::DirectResponse(response) => {
            assert_eq!(response.status, 418);
            assert_eq!(response.body, Some(DataSource::Inline(b"teapot".to_vec())));
        }
        other => panic!("{other:?}"),
    }
}
