//! Whole files: those in `good` are accepted, those in `bad` are refused with the words in the `.err` beside them.
//!
//! After a deliberate change of words: `BLESS=1 cargo test -p gateway --test wasm_plugin`

use std::path::Path;

use gateway::wasm_plugin::{ModuleUrl, Phase, load, parse};

use crate::snapshots::compare;

#[test]
fn a_whole_manifest_becomes_plain_data() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wasm_plugin/good/everything.yaml");
    let plugins = load(&file).unwrap_or_else(|faults| panic!("{faults}")).value;
    let [plugin] = plugins.as_slice() else { panic!("{plugins:#?}") };
    assert_eq!((plugin.name.as_str(), plugin.namespace.as_str()), ("tenant-quota", "gateways"));
    assert_eq!(plugin.url, ModuleUrl::Image("oci://registry.example.com/plugins/tenant-quota:1.2.0".to_owned()));
    assert_eq!((plugin.plugin_name.as_str(), plugin.phase, plugin.priority), ("quota", Phase::Authz, 220));
    assert!(plugin.fail_open);
    assert_eq!(plugin.environment.key_values["REGION"], "eu-1");
    assert_eq!(plugin.environment.host_env_keys, ["HOSTNAME"]);
    assert_eq!(
        String::from_utf8(plugin.configuration.bytes().unwrap()).unwrap(),
        concat!(
            r#"{"_rules_":[{"_match_route_":["shop/checkout"],"_match_service_":["pay.shop.svc.cluster.local:8080"],"limit":10},"#,
            r#"{"_match_domain_":["*.internal.example.com"],"limit":1000}],"limit":100,"redis":{"serviceName":"quota.static"}}"#
        )
    );
}

#[test]
fn a_file_may_hold_several() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wasm_plugin/good/two.yaml");
    let plugins = load(&file).unwrap_or_else(|faults| panic!("{faults}")).value;
    let names: Vec<&str> = plugins.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["first", "second"]);
}

#[test]
fn good_files_are_accepted_with_their_warnings() {
    compare("wasm_plugin/good", |name, text| {
        let accepted = parse(name, text).unwrap_or_else(|faults| panic!("{faults}"));
        accepted.warnings.iter().map(|it| format!("{it}\n")).collect()
    });
}

#[test]
fn bad_files_are_refused_with_every_fault() {
    compare("wasm_plugin/bad", |name, text| match parse(name, text) {
        Ok(accepted) => panic!("accepted: {accepted:#?}"),
        Err(faults) => format!("{faults}\n"),
    });
}
