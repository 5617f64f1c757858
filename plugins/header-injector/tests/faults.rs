//! Configurations that must not run: the gateway refuses them with a line that names path, found and allowed.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

use serde_json::{Value, json};
use testkit::{Gateway, Plugin};

/// The faults that the log names, in the order found.
fn faults(plugin: Plugin) -> Vec<String> {
    let refusal = Gateway::new().with(plugin).try_start().expect_err("a configuration to be refused").to_string();
    let faults: Vec<String> = refusal
        .lines()
        .filter_map(|line| line.split_once("] configuration: "))
        .map(|(_, fault)| fault.to_owned())
        .collect();
    assert!(refusal.contains("[header-injector]"), "{refusal}");
    assert!(!faults.is_empty(), "{refusal}");
    faults
}

fn faults_of(config: &Value) -> Vec<String> {
    faults(Plugin::new("header-injector").config(config))
}

/// All in one configuration, because all are to be reported at once.
#[testkit::scenario]
fn every_fault_is_named_with_path_found_and_allowed() {
    let cases: &[(Value, &[&str])] = &[
        (json!({"set": {"name": "x a", "value": "1"}}), &[".set.name: found \"x a\", allowed: a header name of"]),
        (
            json!({"set": {"name": "x-a", "value": "1\r\nx-b: 2"}}),
            &[".set.value: found CR at byte 2, allowed: a header value"],
        ),
        (
            json!({"append": {"name": ":path", "value": "/"}}),
            &[".append.name: found \":path\", allowed: an ordinary header; only `set`"],
        ),
        (json!({"remove": "host"}), &[".remove: found \"host\", allowed: another header; to change the host, `set`"]),
        (
            json!({"set": {"name": "Content-Length", "value": "1"}}),
            &[".set.name: found \"Content-Length\", allowed: another header; the gateway"],
        ),
        (
            json!({"rename": {"from": ":status", "to": "upgrade"}}),
            &[".rename.from: found \":status\"", ".rename.to: found \"upgrade\""],
        ),
        (
            json!({"set": {"name": ":status", "value": "200"}}),
            &[
                ".set.name: found \":status\", allowed: `:authority`, `:method`, `:path`, `:scheme` or an ordinary header",
            ],
        ),
        (
            json!({"set": {"name": ":path", "value": "a b"}}),
            &[".set.value: found \"a b\", allowed: a path that begins with `/`"],
        ),
        (
            json!({"set": {"name": ":method", "value": "HEAD"}}),
            &[".set.value: found \"HEAD\", allowed: a method other than HEAD and CONNECT"],
        ),
        (json!({"set": {"name": ":authority", "value": "a/b"}}), &[".set.value: found \"a/b\", allowed: a host"]),
        (
            json!({"set": {"name": ":scheme", "value": "ftp"}}),
            &[".set.value: found \"ftp\", allowed: \"http\" or \"https\""],
        ),
        (
            json!({"add": {"name": "x-a", "value": "1"}}),
            &[": found \"add\", allowed: one of `set`, `append`, `addIfAbsent`, `remove`, `rename`"],
        ),
        (json!({"set": {"name": "x-a"}}), &[".set: missing key `value`"]),
        (json!({"set": {"name": "x-a", "valeu": "1"}}), &[".set: unknown key `valeu`; did you mean `value`?"]),
        (
            json!({"set": {"name": "x-a", "value": 5}}),
            &[".set.value: found 5, allowed: a string (put the value in quotes)"],
        ),
        (json!("remove"), &[": found \"remove\", allowed: "]),
    ];
    let operations: Vec<&Value> = cases.iter().map(|(operation, _)| operation).collect();
    let found = faults_of(&json!({ "request": operations }));
    for (index, (operation, expected)) in cases.iter().enumerate() {
        for expected in *expected {
            let line = format!("$.request[{index}]{expected}");
            assert!(found.iter().any(|fault| fault.starts_with(&line)), "{operation}: no {line} in {found:#?}");
        }
    }
    let expected: usize = cases.iter().map(|(_, expected)| expected.len()).sum();
    assert_eq!(found.len(), expected, "{found:#?}");
}

#[testkit::scenario]
fn responses_have_rules_of_their_own() {
    let set = |name: &str, value: &str| json!({"set": {"name": name, "value": value}});
    let statuses = ["99", "600", "204", "304", "2 0", "+200", ""];
    let mut operations: Vec<Value> = statuses.iter().map(|status| set(":status", status)).collect();
    operations.push(set(":path", "/"));
    let found = faults_of(&json!({ "response": operations }));
    for (index, status) in statuses.iter().enumerate() {
        let line = format!("$.response[{index}].set.value: found {status:?}, allowed: a status from 200 to 599");
        assert!(found.iter().any(|fault| fault.starts_with(&line)), "no {line} in {found:#?}");
    }
    let line = "$.response[7].set.name: found \":path\", allowed: `:status` or an ordinary header";
    assert!(found.iter().any(|fault| fault == line), "{found:#?}");
    assert_eq!(found.len(), 8, "{found:#?}");
}

#[testkit::scenario]
fn the_outer_form_is_checked_too() {
    for (config, expected) in [
        (json!({"requests": []}), "$: unknown key `requests`; did you mean `request`?"),
        (json!({"request": {"set": 1}}), "$.request: found"),
        (json!({"reroute": "yes"}), "$.reroute: found \"yes\", allowed:"),
        (json!([]), "$: found an empty list, allowed: a map"),
        (
            json!({"_rules_": [{"_match_domain_": ["a"], "request": [{"remove": ":path"}]}]}),
            "$._rules_[0].request[0].remove: found \":path\"",
        ),
        (json!({"_rules_": [{"request": []}]}), "$._rules_[0]: found no condition"),
    ] {
        let found = faults_of(&config);
        assert!(found.iter().any(|fault| fault.starts_with(expected)), "{config}: {found:#?}");
    }
}

#[testkit::scenario]
fn what_is_no_json_is_refused() {
    for text in ["{", "request:\n- remove: x-a", "{} {}"] {
        let found = faults(Plugin::new("header-injector").config_text(text));
        assert!(found[0].starts_with("$: ") && found[0].contains("JSON"), "{text}: {found:#?}");
    }
}

/// Envoy delivers such a configuration as protobuf, whose maps have no order.
#[testkit::scenario]
fn a_protobuf_struct_is_checked_like_json() {
    let mut found = faults(Plugin::new("header-injector").config_struct(json!({"requests": [], "reroute": 1})));
    found.sort();
    assert_eq!(found[0], "$.reroute: found 1, allowed: true or false");
    assert!(found[1].starts_with("$: unknown key `requests`; did you mean `request`?"), "{found:#?}");
    assert_eq!(found.len(), 2);
}
