//! Configurations that must not run: the gateway refuses them and names every fault.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

use serde_json::{Value, json};
use testkit::{Gateway, Plugin};

/// The faults that the log names, in the order found.
fn faults_of(config: &Value) -> Vec<String> {
    let plugin = Plugin::new("token-fetcher").config(config);
    let refusal = Gateway::new().with(plugin).try_start().expect_err("a configuration to be refused").to_string();
    let faults = refusal.lines().filter_map(|line| line.split_once("] configuration: "));
    let faults: Vec<String> = faults.map(|(_, fault)| fault.to_owned()).collect();
    assert!(refusal.contains("[token-fetcher]") && !faults.is_empty(), "{refusal}");
    faults
}

fn assert_fault(config: Value, expected: &[&str]) {
    let faults = faults_of(&config);
    assert_eq!(faults.len(), expected.len(), "{config}: {faults:#?}");
    for (fault, expected) in faults.iter().zip(expected) {
        assert!(fault.starts_with(expected), "{config}\nexpected {expected}\nfound    {fault}");
    }
}

#[test]
fn what_is_missing_is_named() {
    assert_fault(json!({}), &["$: missing key `requestPath`", "$: missing key `tokenHeader`"]);
    assert_fault(json!({"serviceName": "auth.static", "requestPath": "/"}), &["$: missing key `tokenHeader`"]);
    assert_fault(json!({"serviceName": "auth.static", "tokenHeader": "x"}), &["$: missing key `requestPath`"]);
    assert_fault(json!({"requestPath": "/", "tokenHeader": "x"}), &["$: missing `serviceName`"]);
    assert_fault(
        json!({"serviceName": "auth.dns", "requestPath": "/", "tokenHeader": "x"}),
        &["$: service \"auth.dns\" needs `servicePort`"],
    );
}

#[test]
fn every_fault_is_named_at_once() {
    assert_fault(
        json!({"serviceName": "auth.static", "requestPath": "", "tokenHeader": ""}),
        &[
            "$.requestPath: found an empty string, allowed: a path such as `/token?scope=read`",
            "$.tokenHeader: found an empty string, allowed: a header name",
        ],
    );
    assert_fault(
        json!({"serviceName": "auth.static", "requestPath": "/", "tokenHeader": "x", "tokenHaeder": "x"}),
        &["$: unknown key `tokenHaeder`; did you mean `tokenHeader`?"],
    );
}

#[test]
fn headers_that_cannot_carry_a_token_are_refused() {
    for (name, why) in [
        (":path", "found \":path\", allowed: an ordinary header"),
        ("Host", "found \"Host\", allowed: another header"),
        ("content-length", "found \"content-length\", allowed: another header; the gateway"),
        ("a b", "found \"a b\", allowed: a header name"),
    ] {
        let config = json!({"serviceName": "auth.static", "requestPath": "/", "tokenHeader": name});
        assert_fault(config, &[&format!("$.tokenHeader: {why}")]);
    }
}

#[test]
fn paths_that_would_break_out_are_refused() {
    for path in ["/a b", "/a\r\nx: y", "/é", "/a#b"] {
        let config = json!({"serviceName": "auth.static", "requestPath": path, "tokenHeader": "x"});
        let fault = faults_of(&config).pop().expect("a fault");
        assert!(fault.starts_with("$.requestPath: found") && fault.contains("allowed: a path"), "{fault}");
    }
}
