//! Which configuration a request gets, and what happens to rules that are faulty or change.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed expectation is a test's way to speak"
)]

use std::cell::RefCell;

use plugin_core::config::{Faults, Node, from_node, parse};
use plugin_core::rules::{MatchFacts, RuleSet};
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize, PartialEq)]
struct Limit {
    limit: u32,
}

/// A request that remembers what it was asked.
#[derive(Default)]
struct Request {
    domain: Option<&'static str>,
    route: Option<&'static str>,
    cluster: Option<&'static str>,
    asked: RefCell<Vec<&'static str>>,
}

impl Request {
    fn tell(&self, name: &'static str, answer: Option<&str>) -> Option<String> {
        self.asked.borrow_mut().push(name);
        answer.map(str::to_owned)
    }
}

impl MatchFacts for Request {
    fn domain(&self) -> Option<String> {
        self.tell("domain", self.domain)
    }

    fn route(&self) -> Option<String> {
        self.tell("route", self.route)
    }

    fn cluster(&self) -> Option<String> {
        self.tell("cluster", self.cluster)
    }
}

fn request(domain: &'static str, route: &'static str, cluster: &'static str) -> Request {
    Request { domain: Some(domain), route: Some(route), cluster: Some(cluster), ..Request::default() }
}

type Compiled = Result<(RuleSet<Limit>, Vec<String>), Faults>;

fn compile_over(text: &str, previous: Option<&RuleSet<Limit>>) -> Compiled {
    RuleSet::compile(parse(text.as_bytes())?, &from_node, previous)
}

fn rules(text: &str) -> RuleSet<Limit> {
    let (rules, warnings) = compile_over(text, None).unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    rules
}

fn limit(rules: &RuleSet<Limit>, request: &Request) -> Option<u32> {
    rules.find(request).map(|found| found.value.limit)
}

#[test]
fn first_rule_that_holds_wins_then_the_global_settings() {
    let rules = rules(
        r#"{"limit": 1, "_rules_": [
            {"limit": 2, "_match_service_": ["pay.shop:80"]},
            {"limit": 3, "_match_domain_": ["a.com", "*.b.com"]},
            {"limit": 4, "_match_route_": ["r1", "r2"]},
            {"limit": 5, "_match_route_prefix_": ["r"]},
            {"limit": 6, "_match_domain_": ["b.com", "a.com"]},
            {"limit": 7, "_match_route_": ["x"], "_match_service_": ["cart.shop"]}
        ]}"#,
    );
    for (domain, route, cluster, expected) in [
        ("A.com:8080", "r1", "outbound|80||pay.shop", 2),
        ("A.com:8080", "r1", "outbound|81||pay.shop", 3),
        ("www.B.com", "r1", "other", 3),
        ("c.com", "r2", "other", 4),
        ("b.com", "r3", "other", 5),
        ("b.com", "x", "outbound|80||cart.shop", 6),
        ("c.com", "x", "outbound|80||cart.shop", 7),
        ("c.com", "x", "outbound|80||pay", 1),
        ("c.com", "y", "outbound|80||cart.shop", 1),
    ] {
        let found = limit(&rules, &request(domain, route, cluster));
        assert_eq!(found, Some(expected), "{domain} {route} {cluster}");
    }
    assert_eq!(limit(&rules, &Request::default()), Some(1), "nothing known of the request");
}

#[test]
fn all_conditions_of_a_rule_must_hold() {
    let rules = rules(
        r#"{"_rules_": [{"limit": 2, "_match_route_": ["r"], "_match_domain_": ["a.com"], "_match_route_prefix_": ["r"]}]}"#,
    );
    assert_eq!(limit(&rules, &request("a.com", "r", "")), Some(2));
    assert_eq!(limit(&rules, &request("b.com", "r", "")), None);
    assert_eq!(limit(&rules, &request("a.com", "s", "")), None);
}

#[test]
fn rules_only_leave_other_requests_alone() {
    let rules = rules(r#"{"_plugin_id_": "1", "_rules_": [{"limit": 2, "_match_domain_": ["[::1]"]}]}"#);
    assert_eq!(limit(&rules, &request("[::1]:80", "", "")), Some(2));
    assert_eq!(limit(&rules, &request("[::2]:80", "", "")), None);
}

#[test]
fn empty_rules_beside_settings_are_no_rules() {
    let rules = rules(r#"{"limit": 1, "_rules_": []}"#);
    let request = request("a", "b", "c");
    assert_eq!(limit(&rules, &request), Some(1));
    assert!(request.asked.borrow().is_empty());
}

#[test]
fn host_is_asked_only_what_is_needed_and_once() {
    let request = request("c.com", "y", "z");
    assert_eq!(limit(&rules(r#"{"limit": 1}"#), &request), Some(1));
    assert_eq!(*request.asked.borrow(), Vec::<&str>::new());

    let domains =
        r#"{"_rules_": [{"limit": 2, "_match_domain_": ["a.com"]}, {"limit": 2, "_match_domain_": ["*.b.com"]}]}"#;
    assert_eq!(limit(&rules(domains), &request), None);
    assert_eq!(request.asked.take(), ["domain"]);

    let both = r#"{"_rules_": [
        {"limit": 2, "_match_route_": ["y"], "_match_service_": ["a"]},
        {"limit": 3, "_match_route_": ["y"], "_match_service_": ["b"]}
    ]}"#;
    assert_eq!(limit(&rules(both), &request), None);
    assert_eq!(request.asked.take(), ["route", "cluster"]);
}

#[test]
fn labels_name_the_rule() {
    let rules = rules(
        r#"{"limit": 1, "_rules_": [
            {"limit": 2, "_match_route_": ["r1", "r2"], "_match_service_": ["pay.shop:80"]},
            {"limit": 3, "_match_domain_": ["*.b.com"]}
        ]}"#,
    );
    let label = |request: Request| {
        let position = rules.find(&request).unwrap().position?;
        rules.label(position).map(|label| label.to_string())
    };
    let route = label(request("", "r2", "outbound|80||pay.shop"));
    assert_eq!(route.as_deref(), Some("_rules_[0] (route r1, ..., service pay.shop:80)"));
    assert_eq!(label(request("a.b.com", "", "")).as_deref(), Some("_rules_[1] (domain *.b.com)"));
    assert_eq!(label(request("c.com", "", "")), None);
}

#[test]
fn settings_without_effect_are_warned_of() {
    let (_, warnings) = compile_over(
        r#"{"limit": 1, "_match_route_": ["r"], "_rules_": [
            {"limit": 2, "_match_route_": ["r"]}, {"limit": 3, "_match_route_": ["r"]}
        ]}"#,
        None,
    )
    .unwrap();
    assert_eq!(
        warnings,
        [
            "$._match_route_: no effect outside `_rules_`",
            "$._rules_[1]: never used: $._rules_[0] has the same conditions and comes first",
        ]
    );
}

#[test]
fn faulty_rule_is_replaced_by_its_last_good_version() {
    let before = rules(
        r#"{"limit": 1, "_rules_": [{"limit": 2, "_match_route_": ["r"]}, {"limit": 3, "_match_route_": ["s"]}]}"#,
    );
    let text =
        r#"{"limit": 10, "_rules_": [{"limit": 30, "_match_route_": ["s"]}, {"limit": -2, "_match_route_": ["r"]}]}"#;
    let (after, warnings) = compile_over(text, Some(&before)).unwrap();
    assert_eq!(
        warnings,
        [
            "$._rules_[1].limit: found -2, allowed: a whole number from 0 to 4294967295; the last good version of this rule stays"
        ]
    );
    let limits = ["r", "s", "t"].map(|route| limit(&after, &request("", route, "")));
    assert_eq!(limits, [Some(2), Some(30), Some(10)]);
    assert_eq!(
        compile_over(text, None).unwrap_err().to_string(),
        "$._rules_[1].limit: found -2, allowed: a whole number from 0 to 4294967295"
    );
}

#[test]
fn faulty_rule_without_last_good_version_refuses_all() {
    let before = rules(r#"{"limit": 1, "_rules_": [{"limit": 2, "_match_route_": ["r"]}]}"#);
    for text in [
        r#"{"limit": 1, "_rules_": [{"limit": -2, "_match_route_": ["r", "s"]}]}"#,
        r#"{"limit": -1, "_rules_": [{"limit": 2, "_match_route_": ["r"]}]}"#,
        r#"{"limit": 1, "_rules_": [{"limit": 2, "_match_route_": []}]}"#,
    ] {
        assert_eq!(compile_over(text, Some(&before)).unwrap_err().len(), 1, "{text}");
    }
}

#[test]
fn what_refuses_one_rule_hides_no_fault_of_another() {
    let before = rules(r#"{"limit": 1, "_rules_": [{"limit": 2, "_match_route_": ["r"]}]}"#);
    let text = r#"{"limit": -1, "_rules_": [
        {"limit": -2, "_match_route_": ["r"]}, {"limit": -3, "_match_route_": []}, {"_match_route_": ["s"]}
    ]}"#;
    for previous in [None, Some(&before)] {
        assert_eq!(
            compile_over(text, previous).unwrap_err().to_string(),
            "$._rules_[1]._match_route_: found an empty list, allowed: a list of at least one string\n\
             $.limit: found -1, allowed: a whole number from 0 to 4294967295\n\
             $._rules_[0].limit: found -2, allowed: a whole number from 0 to 4294967295\n\
             $._rules_[1].limit: found -3, allowed: a whole number from 0 to 4294967295\n\
             $._rules_[2]: missing key `limit`"
        );
    }
}

#[test]
fn id_that_the_console_adds_is_no_setting() {
    for id in ["1", "null", r#""x""#, "{}"] {
        let text = format!(r#"{{"_plugin_id_": {id}, "limit": 1}}"#);
        assert_eq!(limit(&rules(&text), &Request::default()), Some(1), "{id}");
    }
}

#[test]
fn hundreds_of_rules_keep_their_order() {
    let count = 600;
    let rule = |position: usize| match position % 3 {
        0 => format!(r#"{{"limit": {position}, "_match_route_": ["r{0}", "common"]}}"#, position),
        1 => format!(r#"{{"limit": {position}, "_match_domain_": ["d{0}", "*.d{0}"]}}"#, position),
        _ => format!(r#"{{"limit": {position}, "_match_service_": ["s{0}"]}}"#, position),
    };
    let list: Vec<String> = (0..count).map(rule).collect();
    let rules = rules(&format!(r#"{{"_rules_": [{}]}}"#, list.join(",")));
    assert_eq!(rules.values().count(), count);
    for position in 0..count {
        let name = |kind: &str| -> &'static str { format!("{kind}{position}").leak() };
        let cluster: &'static str = format!("outbound|80||s{position}").leak();
        let found = limit(&rules, &request(name("d"), name("r"), cluster));
        assert_eq!(found, Some(u32::try_from(position).unwrap()));
    }
    assert_eq!(limit(&rules, &request("x.d1", "common", "")), Some(0));
    assert_eq!(limit(&rules, &request("x.d1", "", "outbound|80||s2")), Some(1));
}

#[test]
fn unit_struct_takes_rules_but_no_settings() {
    #[derive(Clone, Debug, Deserialize)]
    struct Nothing;

    let compile = |text: &str| RuleSet::<Nothing>::compile(parse(text.as_bytes())?, &from_node, None);
    assert!(compile("").is_ok());
    assert!(compile(r#"{"_plugin_id_": 1, "_rules_": [{"_match_route_": ["r"]}]}"#).is_ok());
    let faults = compile(r#"{"limit": 1, "burst": 2}"#).unwrap_err();
    assert_eq!(
        faults.to_string(),
        "$: unknown key `limit`; no keys are allowed here\n$: unknown key `burst`; no keys are allowed here"
    );
}

#[test]
fn settings_never_show_the_keys_of_rules() {
    let parse_settings = |node: &Node| match node {
        Node::Map(entries) => Ok(entries.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>()),
        _ => Err(Faults::one("$", "found no map")),
    };
    let text = br#"{"a": 1, "_plugin_id_": 1, "_match_domain_": ["x"], "_rules_": [
        {"b": 1, "_match_route_": ["r"], "_match_route_prefix_": ["r"], "_match_domain_": ["d"], "_match_service_": ["s"]}
    ]}"#;
    let (rules, _) = RuleSet::compile(parse(text).unwrap(), &parse_settings, None).unwrap();
    assert_eq!(rules.values().collect::<Vec<_>>(), [&["a".to_owned()], &["b".to_owned()]]);
}
