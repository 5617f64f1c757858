//! Where plugins come from and in which order they run.

use std::path::Path;

use gateway::bootstrap::{DataSource, FailurePolicy};
use gateway::wasm_plugin::{ModuleUrl, Phase, order};

#[test]
fn phase_then_priority_then_name_then_namespace() {
    let mut plugins: Vec<_> = [
        ("z", "phase: STATS\npriority: 900"),
        ("last", ""),
        ("b", "phase: AUTHN"),
        ("a", "phase: AUTHN\npriority: 0"),
        ("negative", "phase: AUTHN\npriority: -1"),
        ("early", "phase: AUTHN\npriority: '10'"),
        ("authz", "phase: AUTHZ"),
        ("before-last", "phase: UNSPECIFIED_PHASE\npriority: 1"),
    ]
    .into_iter()
    .map(|(name, spec)| {
        let mut plugin = super::plugin(spec);
        plugin.name = name.to_owned();
        plugin
    })
    .collect();
    let mut twin = plugins[2].clone();
    twin.namespace = "another".to_owned();
    plugins.push(twin);

    order(&mut plugins);
    let order: Vec<_> = plugins.iter().map(|it| (it.name.as_str(), it.namespace.as_str())).collect();
    let usual = "higress-system";
    assert_eq!(
        order,
        [
            ("early", usual),
            ("a", usual),
            ("b", "another"),
            ("b", usual),
            ("negative", usual),
            ("authz", usual),
            ("z", usual),
            ("before-last", usual),
            ("last", usual),
        ]
    );
    assert_eq!(plugins[8].phase, Phase::Unspecified);
}

fn url(url: &str) -> ModuleUrl {
    let text = format!(
        "{{apiVersion: extensions.higress.io/v1alpha1, kind: WasmPlugin, metadata: {{name: a}}, spec: {{url: '{url}'}}}}"
    );
    gateway::wasm_plugin::parse("test.yaml", &text).unwrap_or_else(|faults| panic!("{faults}")).value.remove(0).url
}

#[test]
fn files_are_found_from_the_manifests_folder() {
    for (text, expected) in [
        ("file:///opt/a.wasm", "/opt/a.wasm"),
        ("file://a.wasm", "/manifests/a.wasm"),
        ("./a.wasm", "/manifests/./a.wasm"),
        ("../a", "/manifests/../a"),
        ("dist/a.wasm", "/manifests/dist/a.wasm"),
        ("/opt/a.wasm", "/opt/a.wasm"),
    ] {
        let found = url(text).local(Path::new("/manifests"), Path::new("/modules")).unwrap();
        assert_eq!(found, Path::new(expected), "{text}");
    }
}

#[test]
fn what_is_elsewhere_says_what_to_do() {
    for (text, what) in [
        ("oci://registry.example.com/a:1", "image"),
        ("registry.example.com/a:1", "image"),
        ("a", "image"),
        ("https://example.com/a.wasm", "download"),
        ("http://example.com/a.wasm", "download"),
    ] {
        let error = url(text).local(Path::new("/manifests"), Path::new("/no/modules")).unwrap_err().to_string();
        assert!(error.contains(text) && error.contains(what), "{error}");
        assert!(error.ends_with("set `url: file:///path/to/plugin.wasm`"), "{error}");
    }
}

#[test]
fn a_module_stands_for_its_image() {
    let modules = tempfile::tempdir().unwrap();
    let module = modules.path().join("a.wasm");
    std::fs::write(&module, b"").unwrap();
    for text in [
        "oci://registry.example.com/plugins/a:1.2.0",
        "oci://registry.example.com:5000/plugins/a",
        "registry.example.com:5000/a@sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "oci://127.0.0.1:5000/a:1@sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "a:latest",
    ] {
        assert_eq!(url(text).local(Path::new("/manifests"), modules.path()).unwrap(), module, "{text}");
    }
    let error = url("oci://registry.example.com/plugins/b:1").local(Path::new("/manifests"), modules.path());
    let error = error.unwrap_err().to_string();
    assert!(error.contains(&format!("there is no {}", modules.path().join("b.wasm").display())), "{error}");
    assert!(error.contains("--modules"), "{error}");
}

#[test]
fn failing_closed_is_the_default() {
    for (spec, expected) in [("", false), ("failStrategy: FAIL_CLOSE", false), ("failStrategy: FAIL_OPEN", true)] {
        assert_eq!(super::plugin(spec).fail_open, expected, "{spec}");
    }
}

#[test]
fn a_manifest_becomes_a_filter() {
    let plugin = super::plugin(
        "pluginName: root\nfailStrategy: FAIL_OPEN\ndefaultConfig: { a: 1 }\nvmConfig: { env: [{ name: A, value: b }] }",
    );
    let filter = plugin.filter(Path::new("/manifests"), Path::new("/modules")).unwrap().expect("a plugin that runs");
    assert_eq!((filter.name.as_str(), filter.root_id.as_str()), ("higress-system.test", "root"));
    assert_eq!((filter.code, filter.failure_policy), (DataSource::File("/a.wasm".into()), FailurePolicy::FailOpen));
    assert_eq!(filter.configuration, br#"{"a":1}"#);
    assert_eq!(filter.environment.key_values["A"], "b");
}

#[test]
fn a_plugin_that_does_not_run_has_no_filter() {
    // Not even when its module is elsewhere.
    let mut plugin = super::plugin("defaultConfigDisable: true");
    plugin.url = url("oci://registry.example.com/a:1");
    assert_eq!(plugin.filter(Path::new("/manifests"), Path::new("/modules")), Ok(None));
}
