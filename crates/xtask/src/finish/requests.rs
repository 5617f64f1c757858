//! Which functions requests reach.

use std::collections::BTreeSet;
use walrus::ir::{Call, Visitor, dfs_in_order};
use walrus::{ExportItem, FunctionId, FunctionKind, Module};

/// The exports that are called once a start or once a configuration. All others are called for requests.
const STARTING: [&str; 3] = ["_initialize", "proxy_on_vm_start", "proxy_on_configure"];

/// What requests reach through tables of methods, which no call in the code tells: the plugin behind `dyn AnyPlugin`,
/// its future behind `dyn Future`, and that future's waker. Parts of plain names.
const BEHIND_TABLES: [&str; 3] =
    ["plugin_core::plugin::AnyPlugin>::", "::on_request::{{closure}}", "alloc::task::raw_waker::"];
/// The method of `AnyPlugin` that no request calls.
const CONFIGURED: &str = "AnyPlugin>::configured";

/// The functions that requests reach, each before those that it calls.
pub(super) fn reached(module: &Module) -> Vec<FunctionId> {
    let exports = module.exports.iter().filter(|export| !STARTING.contains(&export.name.as_str()));
    let mut open: Vec<FunctionId> = exports
        .filter_map(|export| match export.item {
            ExportItem::Function(function) => Some(function),
            _ => None,
        })
        .collect();
    open.extend(module.funcs.iter().filter(|function| function.name.as_deref().is_some_and(is_method)).map(|f| f.id()));
    open.reverse();
    let mut seen = BTreeSet::new();
    let mut reached = Vec::new();
    while let Some(function) = open.pop() {
        if seen.insert(function) {
            reached.push(function);
            open.extend(callees(module, function).into_iter().rev());
        }
    }
    reached
}

fn is_method(name: &str) -> bool {
    BEHIND_TABLES.iter().any(|part| name.contains(part)) && !name.ends_with(CONFIGURED)
}

/// The functions that `function` calls, in the order of its code; none if it is the host's.
pub(super) fn callees(module: &Module, function: FunctionId) -> Vec<FunctionId> {
    #[derive(Default)]
    struct Calls(Vec<FunctionId>);
    impl Visitor<'_> for Calls {
        fn visit_call(&mut self, call: &Call) {
            self.0.push(call.func);
        }
    }
    let mut calls = Calls::default();
    if let FunctionKind::Local(local) = &module.funcs.get(function).kind {
        dfs_in_order(&mut calls, local, local.entry_block());
    }
    calls.0
}
