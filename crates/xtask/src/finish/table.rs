//! Takes proxy-wasm's traits out of the table of indirect calls, and with them what only they reach.
//!
//! `register!` gives proxy-wasm a root context for the unfinished module, and so the linker keeps all methods of its
//! traits, gRPC and shared queues included. Only proxy-wasm's own callbacks ever call them, and those are dropped.

use walrus::{ElementItems, FunctionBuilder, FunctionId, Module};

/// The module of proxy-wasm with the traits `Context`, `RootContext` and so on.
const TRAITS: &str = "proxy_wasm::traits::";

/// Puts a function that traps in place of every method of proxy-wasm's traits. The slots stay, for their numbers are
/// in the data.
pub(super) fn drop_proxy_wasm_traits(module: &mut Module) {
    let methods: Vec<FunctionId> = module
        .funcs
        .iter()
        .filter(|function| function.name.as_deref().is_some_and(is_method))
        .map(|function| function.id())
        .collect();
    if methods.is_empty() {
        return;
    }
    let trap = trap(module);
    for element in module.elements.iter_mut() {
        if let ElementItems::Functions(slots) = &mut element.items {
            slots.iter_mut().filter(|slot| methods.contains(slot)).for_each(|slot| *slot = trap);
        }
    }
}

/// A default method, `proxy_wasm::traits::Context::done`, or one of an implementation,
/// `<plugin_core::abi::Root as proxy_wasm::traits::RootContext>::on_configure`.
fn is_method(name: &str) -> bool {
    name.starts_with(TRAITS) || name.split_once(" as ").is_some_and(|(_, of)| of.starts_with(TRAITS))
}

fn trap(module: &mut Module) -> FunctionId {
    let mut builder = FunctionBuilder::new(&mut module.types, &[], &[]);
    builder.func_body().unreachable();
    builder.finish(Vec::new(), &mut module.funcs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_methods_from_functions_that_only_mention_the_traits() {
        assert!(is_method("proxy_wasm::traits::Context::done"));
        assert!(is_method("<plugin_core::abi::Root as proxy_wasm::traits::RootContext>::on_configure"));
        assert!(!is_method("core::ptr::drop_in_place::<dyn proxy_wasm::traits::Context>"));
        assert!(!is_method("proxy_wasm::hostcalls::log"));
    }
}
