//! Takes std's hooks for panics and for exhausted memory out, and with them all that prints backtraces to a terminal
//! that a gateway does not have.
//!
//! Core sets a panic hook of its own when the module starts, before anything could panic; std's is never called after
//! that. Where memory is exhausted a trap is all that is left in either case.

use walrus::{FunctionBuilder, FunctionId, FunctionKind, Module};

const HOOKS: [&str; 3] = [
    "std::panicking::default_hook",
    "std::alloc::default_alloc_error_hook",
    "<<std::sys::backtrace::BacktraceLock>::print::DisplayBacktrace as core::fmt::Display>::fmt",
];

/// Leaves a trap where std's hooks were.
pub(super) fn drop_default_hooks(module: &mut Module) {
    let is_hook = |name: &str| HOOKS.contains(&name);
    let hooks: Vec<FunctionId> =
        module.funcs.iter().filter(|f| f.name.as_deref().is_some_and(is_hook)).map(|f| f.id()).collect();
    for hook in hooks {
        let kind = module.types.get(module.funcs.get(hook).ty());
        let (params, results) = (kind.params().to_vec(), kind.results().to_vec());
        let arguments = params.iter().map(|kind| module.locals.add(*kind)).collect();
        let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
        builder.func_body().unreachable();
        module.funcs.get_mut(hook).kind = FunctionKind::Local(builder.local_func(arguments));
    }
}
