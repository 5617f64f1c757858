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

/// The functions that requests reach, in the order in which they reach them.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finish::order::RUN_BY_REQUESTS;
    use crate::toolchain::TARGET;
    use crate::workspace::Workspace;

    /// The names in the module of a plugin as cargo wrote it.
    fn names_in(plugin: &str) -> Vec<String> {
        let file = Workspace::load().unwrap().cargo_target.join(TARGET).join("release").join(plugin);
        let wasm = std::fs::read(&file).unwrap_or_else(|_| {
            panic!("{} is missing; run: cargo xtask build --all --examples", file.display());
        });
        let mut module = super::super::parse(&wasm).unwrap();
        super::super::names::demangle(&mut module).unwrap();
        module.funcs.iter().filter_map(|function| function.name.clone()).collect()
    }

    #[test]
    fn a_module_that_cargo_wrote_has_each_of_the_names() {
        let names = names_in("hello_world.wasm");
        for part in BEHIND_TABLES {
            assert!(names.iter().any(|name| name.contains(part)), "`{part}` is in no name");
        }
        assert!(names.iter().any(|name| name.ends_with(CONFIGURED)));
    }

    #[test]
    fn most_of_what_requests_run_is_still_there() {
        let plugins = ["mock_response.wasm", "header_injector.wasm", "token_fetcher.wasm", "rate_limiter.wasm"];
        let names: BTreeSet<String> = plugins.iter().flat_map(|plugin| names_in(plugin)).collect();
        let listed: Vec<&str> = RUN_BY_REQUESTS.lines().collect();
        let gone: Vec<&&str> = listed.iter().filter(|name| !names.contains(**name)).collect();
        assert!(gone.len() * 5 < listed.len(), "finish/request-order is old; see CONTRIBUTING.md. Gone: {gone:#?}");
    }
}
