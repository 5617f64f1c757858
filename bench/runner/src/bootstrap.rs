//! The Envoy configuration: for each variant a listener with at most one filter before the router; one server behind them.

use crate::fetch;
use crate::variant::{Filter, Variant};
use serde_json::{Value, json};
use std::path::Path;

pub(crate) const TYPES: &str = "type.googleapis.com/envoy.extensions.filters";

/// A whole bootstrap, as JSON: one listener for each variant, on the port beside it.
pub(crate) fn of<'a>(variants: impl IntoIterator<Item = (&'a Variant, u16)>, upstream_port: u16) -> Value {
    let listeners: Vec<Value> = variants.into_iter().map(|(variant, port)| listener(&variant.filter, port)).collect();
    let clusters = ["upstream", fetch::SERVICE].map(|name| cluster(name, upstream_port));
    json!({
        "static_resources": {
            "listeners": listeners,
            "clusters": clusters,
        },
    })
}

fn cluster(name: &str, port: u16) -> Value {
    json!({
        "name": name,
        "type": "STATIC",
        "load_assignment": { "cluster_name": name, "endpoints": [
            { "lb_endpoints": [{ "endpoint": { "address": address(port) } }] }
        ]},
    })
}

fn listener(before_router: &Filter, port: u16) -> Value {
    let router = json!({
        "name": "envoy.filters.http.router",
        "typed_config": { "@type": format!("{TYPES}.http.router.v3.Router") },
    });
    let filters: Vec<Value> = filter(before_router, port).into_iter().chain([router]).collect();
    let everything = json!({ "prefix": "/" });
    let route = match before_router {
        Filter::DirectResponse => json!({
            "match": everything,
            "direct_response": { "status": 200, "body": { "inline_string": "hello world" } },
        }),
        _ => json!({ "match": everything, "route": { "cluster": "upstream" } }),
    };
    json!({
        "address": address(port),
        "filter_chains": [{ "filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": {
                "@type": format!("{TYPES}.network.http_connection_manager.v3.HttpConnectionManager"),
                "stat_prefix": "bench",
                "route_config": { "virtual_hosts": [
                    { "name": "all", "domains": ["*"], "routes": [route] }
                ]},
                "http_filters": filters,
            },
        }]}],
    })
}

fn address(port: u16) -> Value {
    json!({ "socket_address": { "address": "127.0.0.1", "port_value": port } })
}

fn filter(filter: &Filter, port: u16) -> Option<Value> {
    match filter {
        Filter::None | Filter::DirectResponse => None,
        Filter::HeaderMutation => Some(json!({
            "name": "envoy.filters.http.header_mutation",
            "typed_config": {
                "@type": format!("{TYPES}.http.header_mutation.v3.HeaderMutation"),
                "mutations": { "request_mutations": [{ "append": {
                    "header": { "key": "hello", "value": "world" },
                    "append_action": "APPEND_IF_EXISTS_OR_ADD",
                }}]},
            },
        })),
        Filter::ExtAuthz => Some(fetch::ext_authz()),
        Filter::Lua(source) => Some(json!({
            "name": "envoy.filters.http.lua",
            "typed_config": {
                "@type": format!("{TYPES}.http.lua.v3.Lua"),
                "default_source_code": { "inline_string": source },
            },
        })),
        Filter::Wasm { file, configuration } => Some(wasm(file, configuration, port)),
    }
}

fn wasm(file: &Path, configuration: &str, port: u16) -> Value {
    json!({
        "name": "envoy.filters.http.wasm",
        "typed_config": {
            "@type": format!("{TYPES}.http.wasm.v3.Wasm"),
            "config": {
                "name": "bench",
                "root_id": "bench",
                "vm_config": {
                    // One for each row: rows of one module would share a VM, and each would cost the other.
                    "vm_id": port.to_string(),
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": { "local": { "filename": file } },
                },
                "configuration": {
                    "@type": "type.googleapis.com/google.protobuf.StringValue",
                    "value": configuration,
                },
            },
        },
    })
}
