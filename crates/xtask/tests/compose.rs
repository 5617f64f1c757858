//! The compose stack and the gateway's configuration must speak of the same things.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed expectation is how a test speaks")]

use serde_yaml::Value;
use std::collections::BTreeSet;
use std::path::Path;

fn top_level(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file)).unwrap()
}

fn compose() -> Value {
    serde_yaml::from_str(&top_level("docker-compose.yaml")).unwrap()
}

/// All strings under `value`.
fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Sequence(list) => list.iter().flat_map(strings).collect(),
        Value::Mapping(map) => map.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_plugin_that_the_gateway_loads_is_mounted() {
    let gateway: Value = serde_yaml::from_str(&top_level("envoy.yaml")).unwrap();
    let loaded: BTreeSet<_> = strings(&gateway).into_iter().filter(|text| text.ends_with(".wasm")).collect();
    assert!(!loaded.is_empty());

    let compose = compose();
    let volumes = strings(&compose["services"]["gateway"]["volumes"]);
    let mounted: BTreeSet<_> = volumes
        .into_iter()
        .filter_map(|volume| volume.strip_suffix(":ro").unwrap().split_once(':'))
        .filter_map(|(here, there)| {
            let name = here.strip_prefix("./dist/")?;
            assert_eq!(there, format!("/etc/envoy/{name}"));
            Some(there)
        })
        .collect();
    assert_eq!(mounted, loaded);
}

#[test]
fn every_cluster_of_the_gateway_is_a_service() {
    let gateway: Value = serde_yaml::from_str(&top_level("envoy.yaml")).unwrap();
    let compose = compose();
    for cluster in gateway["static_resources"]["clusters"].as_sequence().unwrap() {
        let endpoints = &cluster["load_assignment"]["endpoints"];
        let address = &endpoints[0]["lb_endpoints"][0]["endpoint"]["address"]["socket_address"]["address"];
        assert!(compose["services"].get(address).is_some(), "no service {address:?}");
    }
}

#[test]
fn the_gateway_waits_until_its_services_are_healthy() {
    let compose = compose();
    let services = compose["services"].as_mapping().unwrap();
    for (name, service) in services {
        assert!(service.get("healthcheck").is_some(), "{name:?} has no health check");
        if name.as_str() != Some("gateway") {
            let condition = &services["gateway"]["depends_on"][name]["condition"];
            assert_eq!(condition.as_str(), Some("service_healthy"), "{name:?}");
        }
    }
    assert!(compose.get("version").is_none(), "`version` means nothing to compose any more");
}
