//! Wasm filters: every way to write one gives the same plugin.

use gateway::bootstrap::{DataSource, FailurePolicy, WasmFilter};

const PLAIN: &str = r#""@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
config:"#;

fn plugin(typed_config: &str) -> WasmFilter {
    let typed_config = typed_config.replace('\n', "\n    ");
    let mut manager = super::manager(&format!(
        r#"http_filters:
- name: filter
  typed_config:
    {typed_config}
- name: router
  typed_config: {{ "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }}"#
    ));
    manager.plugins.remove(0)
}

/// A plugin with the least that is needed, and this.
fn with(config: &str, vm: &str) -> WasmFilter {
    plugin(&format!(
        "{PLAIN}\n  vm_config: {{ runtime: envoy.wasm.runtime.v8, code: {{ local: {{ filename: a.wasm }} }}, {vm} }}\n  {config}"
    ))
}

#[test]
fn typed_structs_and_plain_messages_are_the_same() {
    let config = "{ name: n, root_id: r, vm_config: { vm_id: v, runtime: envoy.wasm.runtime.v8, \
        code: { local: { filename: a.wasm } } } }";
    let plain = plugin(&format!("{PLAIN} {config}"));
    assert_eq!((plain.name.as_str(), plain.root_id.as_str(), plain.vm_id.as_str()), ("n", "r", "v"));
    assert_eq!((plain.filter_name.as_str(), &plain.code), ("filter", &DataSource::File("a.wasm".into())));
    for name in ["udpa.type.v1.TypedStruct", "xds.type.v3.TypedStruct"] {
        let typed = plugin(&format!(
            "\"@type\": type.googleapis.com/{name}\ntype_url: type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm\n\
             value: {{ config: {config} }}"
        ));
        assert_eq!(typed, plain);
    }
    let camel = config.replace("root_id", "rootId").replace("vm_config", "vmConfig").replace("vm_id", "vmId");
    assert_eq!(plugin(&format!("{PLAIN} {camel}")), plain);
}

#[test]
fn configurations_become_the_bytes_that_a_plugin_reads() {
    let any = |name: &str, value: &str| format!("{{ \"@type\": type.googleapis.com/google.protobuf.{name}, {value} }}");
    for (configuration, expected) in [
        (any("StringValue", "value: '{ \"a\":  1 }'"), r#"{ "a":  1 }"#),
        (any("StringValue", "value: ''"), ""),
        (any("StringValue", ""), ""),
        (any("BytesValue", "value: aGk="), "hi"),
        (any("Struct", "value: {}"), "{}"),
        (
            any("Struct", "value: { b: [1, 5.0, 0.5, true, null, text, -3], a: {} }"),
            r#"{"a":{},"b":[1,5,0.5,true,null,"text",-3]}"#,
        ),
        // Doubles cannot hold this number, so the plugin does not get it in full.
        (any("Struct", "value: { a: 9007199254740993, 404: x }"), r#"{"404":"x","a":9007199254740992}"#),
    ] {
        let plugin = with(&format!("configuration: {configuration}"), "");
        assert_eq!(String::from_utf8_lossy(&plugin.configuration), expected, "{configuration}");
        let plugin = with("", &format!("configuration: {configuration}"));
        assert_eq!(String::from_utf8_lossy(&plugin.vm_configuration), expected, "{configuration}");
    }
    assert_eq!(with("", "").configuration, b"");
}

#[test]
fn failure_policies() {
    for (config, expected) in [
        ("", FailurePolicy::FailClosed),
        ("fail_open: true", FailurePolicy::FailOpen),
        ("failOpen: false", FailurePolicy::FailClosed),
        ("failure_policy: UNSPECIFIED", FailurePolicy::FailClosed),
        ("failure_policy: FAIL_CLOSED", FailurePolicy::FailClosed),
        ("failure_policy: FAIL_OPEN", FailurePolicy::FailOpen),
        ("failurePolicy: FAIL_RELOAD", FailurePolicy::FailReload),
    ] {
        assert_eq!(with(config, "").failure_policy, expected, "{config}");
    }
}

#[test]
fn code_and_environment() {
    let inline = plugin(&format!(
        "{PLAIN} {{ vm_config: {{ runtime: envoy.wasm.runtime.v8, code: {{ local: {{ inline_bytes: AGFzbQ== }} }} }} }}"
    ));
    assert_eq!(inline.code, DataSource::Inline(b"\0asm".to_vec()));
    let plugin = with(
        "allow_on_headers_stop_iteration: true",
        "environment_variables: { key_values: { A: '1', B: '2' }, host_env_keys: [HOME] }",
    );
    assert!(plugin.allow_on_headers_stop_iteration);
    let values: Vec<_> =
        plugin.environment.key_values.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(values, [("A", "1"), ("B", "2")]);
    assert_eq!(plugin.environment.host_env_keys, ["HOME"]);
}
