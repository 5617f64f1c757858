//! What a plugin gets from its manifest, odd cases included.

use gateway::wasm_plugin::Configuration;

fn json(spec: &str) -> String {
    let configuration = super::plugin(spec).configuration;
    String::from_utf8(configuration.bytes().expect("a plugin that runs")).unwrap()
}

#[test]
fn defaults_and_rules() {
    for (spec, expected) in [
        ("", ""),
        ("defaultConfig: {}", "{}"),
        ("defaultConfig: { a: 1, b: [x, 2.5, null, true] }", r#"{"a":1,"b":["x",2.5,null,true]}"#),
        ("defaultConfig: { a: 1 }\nmatchRules: []", r#"{"a":1}"#),
        ("matchRules: [{ ingress: [i], config: { a: 1 } }]", r#"{"_rules_":[{"_match_route_":["i"],"a":1}]}"#),
        ("matchRules: [{ domain: [a, b] }]", r#"{"_rules_":[{"_match_domain_":["a","b"]}]}"#),
        (
            "defaultConfig: { a: 1 }\nmatchRules: [{ ingress: [i], service: [s], domain: [d], config: { a: 2 } }]",
            r#"{"_rules_":[{"_match_domain_":["d"],"_match_route_":["i"],"_match_service_":["s"],"a":2}],"a":1}"#,
        ),
        (
            "matchRules:\n- { service: [s1], config: { a: 1 } }\n- { service: [s2], config: { a: 2 } }",
            r#"{"_rules_":[{"_match_service_":["s1"],"a":1},{"_match_service_":["s2"],"a":2}]}"#,
        ),
    ] {
        assert_eq!(json(spec), expected, "{spec}");
    }
}

#[test]
fn odd_cases_are_those_of_the_controller() {
    for (spec, expected) in [
        // A rule that is switched off is left out, and its requests get the default.
        (
            "defaultConfig: { a: 1 }\nmatchRules: [{ ingress: [i], configDisable: true, config: { a: 2 } }]",
            r#"{"a":1}"#,
        ),
        ("matchRules: [{ ingress: [i], configDisable: true }]", "{}"),
        // Even one without any condition, which would otherwise be a fault.
        ("matchRules: [{ configDisable: true }]", "{}"),
        ("matchRules: [{ domain: [d], configDisable: false }]", r#"{"_rules_":[{"_match_domain_":["d"]}]}"#),
        // The name of a gRPC route is lost, once for each.
        ("matchRules: [{ ingress: [a, b], routeType: GRPC }]", r#"{"_rules_":[{"_match_route_":["GRPC","GRPC"]}]}"#),
        ("matchRules: [{ ingress: [a], routeType: HTTP }]", r#"{"_rules_":[{"_match_route_":["a"]}]}"#),
        // Conditions and rules are written over keys of the same name.
        (
            "defaultConfig: { _rules_: mine }\nmatchRules: [{ domain: [d], config: { _match_domain_: mine, _match_route_: mine } }]",
            r#"{"_rules_":[{"_match_domain_":["d"],"_match_route_":"mine"}]}"#,
        ),
        ("defaultConfig: { _rules_: [] }", r#"{"_rules_":[]}"#),
        // `pluginConfig` is everything.
        ("pluginConfig: {}\ndefaultConfig: { a: 1 }\nmatchRules: [{ domain: [d] }]", "{}"),
        ("pluginConfig: { a: 1 }\ndefaultConfigDisable: true", r#"{"a":1}"#),
        (
            "defaultConfig: { a: 1 }\ndefaultConfigDisable: true\nmatchRules: [{ domain: [d] }]",
            r#"{"_rules_":[{"_match_domain_":["d"]}]}"#,
        ),
    ] {
        assert_eq!(json(spec), expected, "{spec}");
    }
}

#[test]
fn without_default_and_rules_the_plugin_does_not_run() {
    for spec in [
        "defaultConfigDisable: true",
        "defaultConfigDisable: true\ndefaultConfig: { a: 1 }",
        "defaultConfigDisable: true\nmatchRules: [{ domain: [d], configDisable: true }]",
    ] {
        assert_eq!(super::plugin(spec).configuration, Configuration::Disabled, "{spec}");
    }
    assert_eq!(Configuration::Disabled.bytes(), None);
}

#[test]
fn numbers_are_doubles() {
    assert_eq!(
        json("defaultConfig: { a: 9007199254740993, b: 5.0, c: 1e3 }"),
        r#"{"a":9007199254740992,"b":5,"c":1000}"#
    );
}
