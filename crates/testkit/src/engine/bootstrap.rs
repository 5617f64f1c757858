//! The configuration of a gateway, made from a scenario: a bootstrap file as Envoy reads it.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::plugin::{Configuration, Plugin};
use crate::scenario::{Cluster, Filter, Scenario, VirtualHost};
use crate::target::Protocol;

/// The name of the listener that serves clients.
pub(super) const LISTENER: &str = "gateway";

const TYPES: &str = "type.googleapis.com";

/// The file for a scenario; the access log goes to `access_log`.
pub(super) fn yaml(scenario: &Scenario, access_log: &Path) -> String {
    let bootstrap = json!({
        // Port 0 here and below: the gateway binds what is free and tells us, so nobody can take it in between.
        "admin": { "address": socket("127.0.0.1", 0) },
        "static_resources": {
            "listeners": [listener(scenario, access_log)],
            "clusters": scenario.clusters.iter().map(|it| cluster(it, scenario)).collect::<Vec<_>>(),
        },
    });
    serde_yaml::to_string(&bootstrap).expect("a bootstrap of plain values")
}

fn listener(scenario: &Scenario, access_log: &Path) -> Value {
    let mut listener = json!({
        "name": LISTENER,
        "address": socket("127.0.0.1", 0),
        "filter_chains": [{ "filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": connection_manager(scenario, access_log),
        }] }],
    });
    if let Some(limit) = scenario.buffer_limit {
        listener["per_connection_buffer_limit_bytes"] = limit.into();
    }
    listener
}

fn connection_manager(scenario: &Scenario, access_log: &Path) -> Value {
    let mut filters: Vec<Value> = scenario.filters.iter().map(filter).collect();
    filters.push(json!({
        "name": "envoy.filters.http.router",
        "typed_config": { "@type": format!("{TYPES}/envoy.extensions.filters.http.router.v3.Router") },
    }));
    let hosts: Vec<Value> = scenario.virtual_hosts.iter().map(|host| virtual_host(host, scenario)).collect();
    let mut manager = json!({
        "@type": format!("{TYPES}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
        "stat_prefix": LISTENER,
        "codec_type": "AUTO",
        // Clients wait this long for the end of a reply that broke: Envoy's own second would slow every such test.
        "delayed_close_timeout": "0.1s",
        // gRPC's trailers over HTTP/1 are dropped unless asked for.
        "http_protocol_options": { "enable_trailers": true },
        "route_config": { "name": "routes", "virtual_hosts": hosts },
        "http_filters": filters,
        "access_log": [{
            "name": "envoy.access_loggers.file",
            "typed_config": {
                "@type": format!("{TYPES}/envoy.extensions.access_loggers.file.v3.FileAccessLog"),
                "path": access_log,
                "log_format": { "text_format_source": { "inline_string": format!("{}\n", scenario.access_log) } },
            },
        }],
    });
    if let Some(limits) = scenario.header_limits {
        manager["max_request_headers_kb"] = limits.kib.into();
        manager["common_http_protocol_options"] = json!({ "max_headers_count": limits.count });
    }
    manager
}

fn virtual_host(host: &VirtualHost, scenario: &Scenario) -> Value {
    let timeout = format!("{}s", scenario.route_timeout.as_secs_f64());
    let route = |route: &crate::Route| {
        json!({
            "name": route.name,
            "match": { "prefix": route.prefix },
            "route": { "cluster": route.cluster, "timeout": timeout },
        })
    };
    json!({
        "name": host.name,
        "domains": host.domains,
        "routes": host.routes.iter().map(route).collect::<Vec<_>>(),
    })
}

fn filter(filter: &Filter) -> Value {
    match filter {
        Filter::Native(filter) => filter.clone(),
        Filter::Plugin(plugin) => json!({
            "name": plugin.name,
            "typed_config": {
                "@type": format!("{TYPES}/envoy.extensions.filters.http.wasm.v3.Wasm"),
                "config": plugin_config(plugin),
            },
        }),
    }
}

fn plugin_config(plugin: &Plugin) -> Value {
    let mut vm = json!({
        "vm_id": plugin.vm_id,
        "runtime": "envoy.wasm.runtime.v8",
        "code": { "local": { "filename": plugin.wasm } },
    });
    if !plugin.environment.is_empty() {
        vm["environment_variables"] = json!({ "key_values": plugin.environment });
    }
    let mut config = json!({ "name": plugin.name, "vm_config": vm });
    // Left out when false: newer Envoys warn about the field, and Higress knows no other.
    if plugin.fail_open {
        config["fail_open"] = true.into();
    }
    // Left out when false: Envoys before 1.35 do not know the field.
    if plugin.allow_on_headers_stop_iteration {
        config["allow_on_headers_stop_iteration"] = true.into();
    }
    match &plugin.configuration {
        Configuration::Absent => {}
        Configuration::Text(text) => {
            config["configuration"] = json!({ "@type": format!("{TYPES}/google.protobuf.StringValue"), "value": text });
        }
        Configuration::Struct(value) => {
            config["configuration"] = json!({ "@type": format!("{TYPES}/google.protobuf.Struct"), "value": value });
        }
    }
    config
}

fn cluster(cluster: &Cluster, scenario: &Scenario) -> Value {
    let endpoint = cluster.target.endpoint();
    let endpoints: Vec<Value> = endpoint
        .iter()
        .map(|(address, _)| {
            let socket = socket(&address.ip().to_string(), address.port());
            json!({ "lb_endpoints": [{ "endpoint": { "address": socket } }] })
        })
        .collect();
    let http = match endpoint {
        Some((_, Protocol::Http2)) => json!({ "http2_protocol_options": {} }),
        _ => json!({ "http_protocol_options": { "enable_trailers": true } }),
    };
    let mut common = Map::new();
    if let Some(limits) = scenario.header_limits {
        common.insert("max_headers_count".to_owned(), limits.count.into());
        common.insert("max_response_headers_kb".to_owned(), limits.kib.into());
    }
    let mut cluster = json!({
        "name": cluster.name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": { "cluster_name": cluster.name, "endpoints": endpoints },
        "typed_extension_protocol_options": { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": format!("{TYPES}/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"),
            "explicit_http_config": http,
            "common_http_protocol_options": common,
        } },
    });
    if let Some(limit) = scenario.buffer_limit {
        cluster["per_connection_buffer_limit_bytes"] = limit.into();
    }
    cluster
}

fn socket(address: &str, port: u16) -> Value {
    json!({ "socket_address": { "address": address, "port_value": port } })
}
