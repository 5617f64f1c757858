//! Which route a request takes.

use gateway::bootstrap::Routes;

fn routes(config: &str) -> Routes {
    super::manager(&format!("route_config:\n  {}", config.trim().replace('\n', "\n  "))).routes
}

struct Request<'a> {
    domain: &'a str,
    path: &'a str,
    method: &'a str,
    headers: &'a [(&'a str, &'a str)],
}

fn get<'a>(domain: &'a str, path: &'a str, headers: &'a [(&'a str, &'a str)]) -> Request<'a> {
    Request { domain, path, method: "GET", headers }
}

/// The virtual host and the route, as `host/route`.
fn find(routes: &Routes, request: &Request<'_>) -> Option<String> {
    let header = |name: &str| request.headers.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned());
    let found = routes.find(request.domain, request.path, request.method, &header)?;
    Some(format!("{}/{}", found.virtual_host.name, found.route.name))
}

const HOSTS: &str = r#"
virtual_hosts:
- name: exact
  domains: [a.example, "a.example:8080"]
  routes:
  - { name: only, match: { prefix: /only }, route: { cluster: a } }
- name: suffix
  domains: ["*.example"]
  routes: [{ name: all, match: { prefix: / }, route: { cluster: a } }]
- name: prefix
  domains: ["a.*"]
  routes: [{ name: all, match: { prefix: / }, route: { cluster: a } }]
"#;

#[test]
fn the_domain_chooses_the_virtual_host_for_good() {
    let routes = routes(HOSTS);
    for (domain, path, expected) in [
        ("a.example", "/only", Some("exact/only")),
        ("A.Example", "/only", Some("exact/only")),
        ("a.example:8080", "/only", Some("exact/only")),
        // No other host is tried when the chosen one has no route.
        ("a.example", "/other", None),
        ("b.example", "/", Some("suffix/all")),
        ("b.example:8080", "/", None),
        ("a.org", "/", Some("prefix/all")),
        ("a.example:9090", "/only", Some("prefix/all")),
        ("b.org", "/", None),
    ] {
        assert_eq!(find(&routes, &get(domain, path, &[])).as_deref(), expected, "{domain} {path}");
    }
}

#[test]
fn ports_do_not_count_when_told_so() {
    let routes = routes(&format!("ignore_port_in_host_matching: true{HOSTS}"));
    assert_eq!(find(&routes, &get("a.example:9090", "/only", &[])).as_deref(), Some("exact/only"));
    assert_eq!(find(&routes, &get("b.example:1", "/", &[])).as_deref(), Some("suffix/all"));
}

#[test]
fn the_first_route_that_matches_wins() {
    let routes = routes(
        r#"
virtual_hosts:
- name: h
  domains: ["*"]
  routes:
  - { name: exact, match: { path: /a }, route: { cluster: a } }
  - { name: folded, match: { path: /Fold, case_sensitive: false }, route: { cluster: a } }
  - { name: prefix, match: { prefix: /a }, route: { cluster: a } }
  - { name: longer, match: { prefix: /a/b }, route: { cluster: a } }
  - { name: segment, match: { path_separated_prefix: /seg }, route: { cluster: a } }
  - { name: regex, match: { safe_regex: { regex: '/r[0-9]+|/x' } }, route: { cluster: a } }
"#,
    );
    for (path, expected) in [
        ("/a", Some("h/exact")),
        ("/a?q", Some("h/exact")),
        ("/A", None),
        ("/FOLD", Some("h/folded")),
        ("/a/b", Some("h/prefix")),
        ("/abc", Some("h/prefix")),
        ("/seg", Some("h/segment")),
        ("/seg/x", Some("h/segment")),
        ("/segx", None),
        ("/r12?x", Some("h/regex")),
        ("/r12/", None),
        ("/xy", None),
    ] {
        assert_eq!(find(&routes, &get("any", path, &[])).as_deref(), expected, "{path}");
    }
}

#[test]
fn headers_decide() {
    for (test, value, expected) in [
        ("", Some(""), true),
        ("", None, false),
        ("present_match: true", None, false),
        ("present_match: false", None, true),
        ("present_match: false", Some("x"), false),
        ("present_match: true, invert_match: true", None, true),
        ("exact_match: ab", Some("ab"), true),
        ("exact_match: ab", Some("AB"), false),
        ("prefix_match: ab", Some("abc"), true),
        ("suffix_match: bc", Some("abc"), true),
        ("contains_match: b", Some("abc"), true),
        ("safe_regex_match: { regex: 'a.' }", Some("ab"), true),
        ("safe_regex_match: { regex: 'a.' }", Some("abc"), false),
        ("string_match: { exact: AB, ignore_case: true }", Some("aB"), true),
        ("string_match: { contains: B, ignoreCase: true }", Some("abc"), true),
        ("string_match: { safe_regex: { regex: '(?i)a', google_re2: {} } }", Some("A"), true),
        ("exact_match: ab, invert_match: true", Some("x"), true),
        ("exact_match: ab, invert_match: true", Some("ab"), false),
        ("exact_match: ab, invert_match: true", None, false),
        ("exact_match: ab, invert_match: true, treat_missing_header_as_empty: true", None, true),
        ("range_match: { start: -10, end: 10 }", Some("-10"), true),
        ("range_match: { start: -10, end: 10 }", Some("10"), false),
        ("range_match: { start: '0', end: '10' }", Some("9"), true),
        ("range_match: { start: 0, end: 10 }", Some("9a"), false),
    ] {
        let routes = routes(&format!(
            "virtual_hosts: [{{ name: h, domains: ['*'], routes: [{{ name: r, match: {{ prefix: /, headers: [{{ name: X-Test, {test} }}] }}, route: {{ cluster: a }} }}] }}]"
        ));
        let headers: Vec<(&str, &str)> = value.iter().map(|it| ("x-test", *it)).collect();
        assert_eq!(find(&routes, &get("any", "/", &headers)).is_some(), expected, "{test} {value:?}");
    }
}

#[test]
fn pseudo_headers_can_be_tested() {
    let routes = routes(
        r#"
virtual_hosts:
- name: h
  domains: ["*"]
  routes:
  - { name: post, match: { prefix: /, headers: [{ name: ":method", exact_match: POST }] }, route: { cluster: a } }
  - { name: authority, match: { prefix: /, headers: [{ name: ":authority", exact_match: b }] }, route: { cluster: a } }
  - { name: path, match: { prefix: /, headers: [{ name: ":path", suffix_match: "?q" }] }, route: { cluster: a } }
  - { name: both, match: { prefix: /, headers: [{ name: a }, { name: b }] }, route: { cluster: a } }
"#,
    );
    let post = Request { method: "POST", ..get("a", "/", &[]) };
    for (request, expected) in [
        (post, Some("h/post")),
        (get("b", "/", &[]), Some("h/authority")),
        (get("a", "/?q", &[]), Some("h/path")),
        (get("a", "/", &[("a", ""), ("b", "")]), Some("h/both")),
        (get("a", "/", &[("a", "")]), None),
    ] {
        assert_eq!(find(&routes, &request).as_deref(), expected, "{} {}", request.domain, request.path);
    }
}

#[test]
fn query_parameters_decide() {
    for (test, path, expected) in [
        ("", "/?q", true),
        ("", "/?qq=1", false),
        ("present_match: true", "/?q=1", true),
        ("present_match: false", "/?q=1", false),
        ("present_match: false", "/", true),
        ("string_match: { exact: '1' }", "/?a=0&q=1", true),
        ("string_match: { exact: '1' }", "/?q=2&q=1", false),
        ("string_match: { prefix: '%2' }", "/?q=%20", true),
    ] {
        let routes = routes(&format!(
            "virtual_hosts: [{{ name: h, domains: ['*'], routes: [{{ name: r, match: {{ prefix: /, query_parameters: [{{ name: q, {test} }}] }}, route: {{ cluster: a }} }}] }}]"
        ));
        assert_eq!(find(&routes, &get("any", path, &[])).is_some(), expected, "{test} {path}");
    }
}
