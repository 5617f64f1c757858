//! The exports of the finished module: markers, runtime, and the callbacks in use under the names of the ABI.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use walrus::{ExportItem, FunctionBuilder, FunctionId, Module};

/// Under this prefix core exports its callbacks, next to those of proxy-wasm that it replaces.
const PREFIX: &str = "plugin_core_";

/// What a gateway needs of any module to start it and to hand it data, and the export it is now. The `_initialize` of an
/// unfinished module only makes it refuse its configuration.
const RUNTIME: [(&str, &str); 3] = [
    ("memory", "memory"),
    ("_initialize", "plugin_core__initialize"),
    ("proxy_on_memory_allocate", "proxy_on_memory_allocate"),
];

/// Replaces all exports by `markers`, the runtime and `callbacks`, in this order.
pub(super) fn keep(module: &mut Module, callbacks: &[&str], markers: &[&str]) -> Result<()> {
    let found: BTreeMap<String, ExportItem> =
        module.exports.iter().map(|export| (export.name.clone(), export.item)).collect();
    let take = |name: &str| found.get(name).copied().with_context(|| missing(name));

    let runtime = RUNTIME.map(|(name, now)| take(now).map(|item| (name, item)));
    let callbacks = callbacks.iter().map(|name| take(&format!("{PREFIX}{name}")).map(|item| (*name, item)));
    let kept = runtime.into_iter().chain(callbacks).collect::<Result<Vec<_>>>()?;

    let all: Vec<_> = module.exports.iter().map(|export| export.id()).collect();
    for id in all {
        module.exports.delete(id);
    }
    if !markers.is_empty() {
        let marker = empty_function(module);
        for name in markers {
            module.exports.add(name, marker);
        }
    }
    for (name, item) in kept {
        module.exports.add(name, item);
    }
    Ok(())
}

fn empty_function(module: &mut Module) -> FunctionId {
    FunctionBuilder::new(&mut module.types, &[], &[]).finish(Vec::new(), &mut module.funcs)
}

fn missing(name: &str) -> String {
    let by = if name.starts_with(PREFIX) { "core" } else { "proxy-wasm" };
    format!(
        "the module does not export `{name}`, which {by} has to; is it a cdylib for wasm32-wasip1 of this workspace?"
    )
}
