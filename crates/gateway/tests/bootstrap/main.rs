//! Bootstrap files: what is accepted, what is refused with which words, and what the values mean.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed expectation is how tests speak"
)]

mod files;
mod overrides;
mod plugins;
mod rewrites;
mod robustness;
mod routes;
mod snapshots;
mod values;

use gateway::bootstrap::{Bootstrap, HttpConnectionManager, parse};

/// A bootstrap with these fields in its connection manager, which has routes and a router unless `fields` gives them.
fn manager(fields: &str) -> HttpConnectionManager {
    let routes = "route_config: { virtual_hosts: [] }";
    let router = "http_filters: [{ name: router, typed_config: { \"@type\": \
        type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }]";
    let mut text = fields.to_owned();
    for (key, default) in [("route_config", routes), ("http_filters", router)] {
        if !fields.contains(key) {
            text.push_str(&format!("\n{default}"));
        }
    }
    let mut bootstrap = listening(&text);
    bootstrap.listeners.remove(0).manager
}

fn listening(manager: &str) -> Bootstrap {
    let manager = manager.replace('\n', "\n          ");
    accepted(&format!(
        r#"
static_resources:
  clusters:
  - {{ name: a }}
  - {{ name: b }}
  listeners:
  - address: {{ socket_address: {{ address: 127.0.0.1, port_value: 0 }} }}
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: test
          {manager}
"#
    ))
}

fn accepted(text: &str) -> Bootstrap {
    parse("test.yaml", text).unwrap_or_else(|faults| panic!("{faults}\n{text}")).value
}
