//! Configurations that must not run: the gateway refuses them with a line that names path, found and allowed.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

use serde_json::{Value, json};
use testkit::{Gateway, Plugin};

fn faults(plugin: Plugin) -> Vec<String> {
    let log = Gateway::new().with(plugin).try_start().expect_err("a configuration to be refused").log;
    assert!(log.contains("[mock-response]"), "{log}");
    log.lines().filter_map(|line| line.split_once("] configuration: ")).map(|(_, fault)| fault.to_owned()).collect()
}

/// One configuration with a rule for each case, because every rule is checked on its own.
#[testkit::scenario]
fn one_fault_is_one_line() {
    let cases: &[(Value, &str)] = &[
        (json!({"mockEnabled": true}), ": unknown key `mockEnabled`; did you mean `mockEnable`?"),
        (json!({"mockEnable": "true"}), ".mockEnable: found \"true\", allowed: "),
        (json!({"status": 99}), ".status: found 99, allowed: a status from 200 to 599"),
        (json!({"status": 100}), ".status: found 100, allowed: a status from 200 to 599"),
        (json!({"status": 70000}), ".status: found 70000, allowed: a status from 200 to 599"),
        (json!({"status": "503"}), ".status: found \"503\", allowed: a whole number (without quotes)"),
        (json!({"status": 200.5}), ".status: found 200.5, allowed: a whole number"),
        (json!({"body": {"a": 1}}), ".body: found "),
        (
            json!({"status": 204, "body": "x"}),
            ".body: found a body, allowed: none, because a response of status 204 has no body",
        ),
        (json!({"headers": ["a"]}), ".headers: found "),
        (json!({"headers": {"a b": "1"}}), ".headers[\"a b\"]: found the key \"a b\", allowed: a header name of"),
        (json!({"headers": {":status": "200"}}), ".headers"),
        (json!({"headers": {"Content-Length": "1"}}), ".headers"),
        (
            json!({"headers": {"x-a": 120}}),
            ".headers.x-a: found 120, allowed: a string in quotes, or a list of strings",
        ),
        (json!({"headers": {"x-a": "1\r\nx-b: 2"}}), ".headers.x-a: found CR at byte 2, allowed: a header value"),
        (json!({"headers": {"x-a": ["1", "2\u{0}"]}}), ".headers.x-a[1]: found NUL at byte 2, allowed: a header value"),
        (
            json!({"headers": {"x-a": "1", "X-A": "2"}}),
            ".headers: header `x-a` is given twice, in upper and lower case",
        ),
    ];
    let rules = cases.iter().enumerate().map(|(index, (config, _))| {
        let mut rule = config.clone();
        rule["_match_domain_"] = json!([format!("{index}.example")]);
        rule
    });
    let found = faults(Plugin::new("mock-response").config(&json!({"_rules_": rules.collect::<Vec<_>>()})));
    for (index, (config, expected)) in cases.iter().enumerate() {
        let line = format!("$._rules_[{index}]{expected}");
        assert!(found.iter().any(|fault| fault.starts_with(&line)), "{config}: no {line} in {found:#?}");
    }
    assert_eq!(found.len(), cases.len(), "{found:#?}");
}

#[testkit::scenario]
fn all_faults_are_named_at_once() {
    let found = faults(Plugin::new("mock-response").config(&json!({
        "mockEnable": 1,
        "status": 600,
        "headers": {"connection": "close", "x-a": ["1\n2"], ":path": "/"},
        "body": 5,
        "_rules_": [{"_match_domain_": ["a"], "status": 1}],
    })));
    for path in [
        "$.mockEnable: ",
        "$.status: ",
        "$.headers.connection: ",
        "$.headers.x-a[0]: ",
        "$.headers",
        "$.body: ",
        "$._rules_[0].status: ",
    ] {
        assert!(found.iter().any(|fault| fault.starts_with(path)), "no {path} in {found:#?}");
    }
    assert_eq!(found.len(), 7, "{found:#?}");
}

#[testkit::scenario]
fn what_is_no_json_is_refused() {
    for text in ["{", "mockEnable: true"] {
        let found = faults(Plugin::new("mock-response").config_text(text));
        assert!(found[0].starts_with("$: ") && found[0].contains("JSON"), "{text}: {found:#?}");
    }
}

/// Envoy delivers such a configuration as protobuf.
#[testkit::scenario]
fn a_protobuf_struct_is_checked_like_json() {
    let found = faults(Plugin::new("mock-response").config_struct(json!({"mockEnable": true, "status": 99})));
    assert_eq!(found, ["$.status: found 99, allowed: a status from 200 to 599"]);
}

#[testkit::scenario]
fn what_is_refused_does_not_show_the_rest() {
    let config = json!({"mockEnable": true, "status": 1, "headers": {"x-a": "canary-value"}, "body": "canary-value"});
    let log = Gateway::new().plugin("mock-response", config).try_start().expect_err("status 1 to be refused").log;
    assert!(log.contains("$.status: found 1") && !log.contains("canary-value"), "{log}");
}
