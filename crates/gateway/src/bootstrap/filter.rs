//! The chain of HTTP filters: plugins in order, ended by the router.

use super::any::{self, Type};
use super::document::{Message, Node};
use super::wasm::{self, WasmFilter};

const ROUTER: &str = "envoy.extensions.filters.http.router.v3.Router";

/// What the chain ends with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Router {
    /// Upstreams and clients get no `x-envoy-...` headers.
    pub suppress_envoy_headers: bool,
}

enum Filter {
    Wasm(Box<WasmFilter>),
    Router(Router),
}

/// Reads `http_filters`.
pub(super) fn read_chain(node: &Node<'_>) -> (Vec<WasmFilter>, Router) {
    let items = node.items();
    let mut plugins = Vec::new();
    let mut router = None;
    let mut broken = false;
    for (index, item) in items.iter().enumerate() {
        match item.message(read_filter) {
            Some(Filter::Wasm(plugin)) => plugins.push(*plugin),
            Some(Filter::Router(it)) => {
                router = Some(it);
                if index + 1 != items.len() {
                    item.fault("the router must be the last filter; found more after it");
                }
            }
            None => broken = true,
        }
    }
    if router.is_none() && !broken {
        node.fault(format!("the last filter must be the router: add one of the type `type.googleapis.com/{ROUTER}`"));
    }
    (plugins, router.unwrap_or_default())
}

fn read_filter(filter: &Message<'_>) -> Option<Filter> {
    let name = filter.need("name").name();
    filter.refuse(&["config_discovery"], "give the configuration in `typed_config`");
    filter.refuse(&["disabled", "is_optional"], "comment the filter out instead");
    let router = |it: &Message<'_>| {
        let suppress = it.get("suppress_envoy_headers").is_some_and(|it| it.flag());
        it.ignore(&["dynamic_stats"], "upstreams have their statistics in any case");
        Filter::Router(Router { suppress_envoy_headers: suppress })
    };
    let wasm = |it: &Message<'_>| Filter::Wasm(Box::new(WasmFilter::read(&name, it)));
    let types = [Type { name: wasm::TYPE, read: &wasm }, Type { name: ROUTER, read: &router }];
    any::read(&filter.need("typed_config"), &types)
}
