//! Configurations that must not run: the gateway refuses them and names every fault.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test that panics is a test that fails")]

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
    assert_fault(json!({}), &["$: missing key `requestPath`", "$: missing `serviceName`"]);
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
fn a_call_that_could_never_be_made_is_refused() {
    let never = "\"auth\": method, path or authority of the call would not stay in its place";
    let step = json!({"name": "first", "cluster": "auth", "host": "a b", "requestPath": "/", "values": {}});
    assert_fault(
        json!({"cluster": "auth", "host": "a b", "requestPath": "/", "tokenHeader": "x"}),
        &[&format!("$: cluster {never}")],
    );
    assert_fault(
        json!({"cluster": "auth", "requestPath": "/", "tokenHeader": "x", "steps": [step]}),
        &[&format!("$.steps[0]: cluster {never}")],
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
    for path in ["/?key=s3cr3t value", "/s3cr3t\r\nx: y", "/s3cr3t/é", "/s3cr3t#b", "/a/../${request.path}"] {
        let config = json!({"serviceName": "auth.static", "requestPath": path, "tokenHeader": "x"});
        let fault = faults_of(&config).pop().expect("a fault");
        assert!(fault.starts_with("$.requestPath: not a path that can be asked for"), "{fault}");
        assert!(!fault.contains("s3cr3t"), "a query may hold a secret: {fault}");
    }
}

/// What `more` adds to a configuration that is good without it.
fn with(more: Value) -> Value {
    let mut config = json!({"serviceName": "auth.static", "requestPath": "/", "tokenHeader": "x"});
    for (key, value) in more.as_object().expect("a map") {
        config[key] = value.clone();
    }
    config
}

#[test]
fn templates_are_checked() {
    for (more, fault) in [
        (json!({"requestPath": "/${request.body}"}), "$.requestPath: nothing is known as `${request.body}`"),
        (json!({"requestPath": "/${request.path"}), "$.requestPath: `${` without `}`"),
        (
            json!({"request": {"headers": {"x-a": "s3cr3t ${env.NONE}"}}}),
            "$.request.headers.x-a: the VM has no variable `NONE`",
        ),
        (json!({"request": {"headers": {"host": "a"}}}), "$.request.headers: header `host` cannot be given"),
        (json!({"request": {"headers": {"x-a": "s3cr3t\r\n"}}}), "$.request.headers: the value of header `x-a` has CR"),
        (json!({"request": {"method": "CONNECT"}}), "$.request.method: found \"CONNECT\", allowed: a method"),
        (
            json!({"request": {"body": {"xml": "a"}}}),
            "$.request.body: found \"xml\", allowed: one of `form`, `json`, `text`",
        ),
        (json!({"requestPath": "/${step.a.b}"}), "$: `${step.a.b}`: no earlier step gives this value"),
        (json!({"token": {"json": "no slash"}}), "$.token.json: found a value that is not shown"),
        (json!({"target": {"header": "a", "query": "b"}}), "$.target: allowed: one of"),
        (json!({"timeoutMs": 0}), "$.timeoutMs: found 0, allowed: 1 to 60000"),
        (json!({"retry": {"tries": 11}}), "$.retry.tries: found 11, allowed: 1 to 10"),
        (json!({"onFailure": {"timeout": {"reply": {"status": 99}}}}), "$.onFailure.timeout.reply.status: found 99"),
        (json!({"onFailure": {"timeuot": "open"}}), "$.onFailure: unknown key `timeuot`; did you mean `timeout`?"),
        (json!({"retry": {"tryTimeoutMs": 0}}), "$.retry.tryTimeoutMs: found 0, allowed: 1 to 60000"),
        (json!({"circuitBreaker": {"openMs": 5_000}}), "$.circuitBreaker: missing key `failures`"),
        (json!({"circuitBreaker": {"failures": 0}}), "$.circuitBreaker.failures: found 0, allowed: 1"),
        (json!({"circuitBreaker": {"failures": 3, "openMs": 0}}), "$.circuitBreaker.openMs: found 0, allowed: 1"),
        (
            json!({"token": {"header": "a"}, "target": {"header": "b"}}),
            "$.tokenHeader: has no effect beside `token` and `target`",
        ),
        (
            json!({
                "oauth2": {"clientId": "a", "clientSecret": "b"},
                "request": {"headers": {"Authorization": "c"}},
            }),
            "$.request.headers: `oauth2` sets `authorization` itself",
        ),
        (json!({"oauth2": {"clientId": "a", "clientSecret": "${request.path}"}}), "$.oauth2.clientSecret: nothing of"),
        (
            json!({"oauth2": {"clientId": "a", "clientSecret": "${env.NONE}"}}),
            "$.oauth2.clientSecret: the VM has no variable `NONE`",
        ),
        (
            json!({"oauth2": {"clientId": "a", "clientSecret": "b"}, "request": {"method": "GET"}}),
            "$.request: `oauth2`",
        ),
    ] {
        let faults = faults_of(&with(more.clone()));
        assert!(faults.first().is_some_and(|found| found.starts_with(fault)), "{more}: {faults:#?}");
        assert!(!faults.concat().contains("s3cr3t"), "{faults:#?}");
    }
}

#[test]
fn parameters_that_oauth2_sets_itself_are_refused() {
    for (name, instead) in [
        ("grant_type", "leave it out, it is always `client_credentials`"),
        ("client_id", "`clientId` sets it"),
        ("client_secret", "`clientSecret` sets it"),
        ("scope", "give it beside `params`"),
        ("audience", "give it beside `params`"),
        ("resource", "give it beside `params`"),
    ] {
        let oauth2 = json!({"clientId": "a", "clientSecret": "s3cr3t-b", "params": {"tenant": "t", name: "s3cr3t-c"}});
        let faults = faults_of(&with(json!({"oauth2": oauth2})));
        let expected = format!("$.oauth2.params: `{name}` cannot be given here: {instead}");
        assert!(matches!(faults.as_slice(), [fault] if fault.starts_with(&expected)), "{name}: {faults:#?}");
    }
}

#[test]
fn the_cache_is_checked() {
    for (more, fault) in [
        (json!({"cache": {"refreshAtPercent": 0}}), "$.cache.refreshAtPercent: found 0, allowed: 1 to 100"),
        (json!({"cache": {"maxEntries": 0, "jitterPercent": 80}}), "$.cache.jitterPercent: found 80, allowed: 0 to 79"),
        (json!({"cache": {"lifetimeFrom": ["jwtt"]}}), "$.cache.lifetimeFrom[0]: found \"jwtt\""),
        (json!({"cache": {"key": "${step.a.b}"}}), "$.cache.key: what a step gives is not known yet"),
        (json!({"cache": {"maxLifetimeMs": 0}}), "$.cache.maxLifetimeMs: found 0, allowed: 1 to"),
        (json!({"cache": {"refusalPauseMs": 0}}), "$.cache.refusalPauseMs: found 0, allowed: 1000 to"),
        (json!({"cache": {"tll": 1}}), "$.cache: unknown key `tll`"),
        (
            json!({"preflight": true, "requestPath": "/${request.host}"}),
            "$.preflight: a first call cannot be made, because templates need a request",
        ),
    ] {
        let faults = faults_of(&with(more.clone()));
        assert!(faults.iter().any(|found| found.starts_with(fault)), "{more}: {faults:#?}");
    }
}
