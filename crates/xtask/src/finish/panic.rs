//! Takes std's hooks for panics and for exhausted memory out, and with them all that prints backtraces to a terminal
//! that a gateway does not have.
//!
//! Core sets a panic hook of its own when the module starts, before anything could panic; std's is never called after
//! that. Where memory is exhausted a trap is all that is left in either case. What std itself writes to stderr are its
//! last words, when a panic hook panics for example; without them the trap that follows comes at once.

use walrus::{FunctionBuilder, FunctionId, FunctionKind, Module};

const HOOKS: [&str; 3] = [
    "std::panicking::default_hook",
    "std::alloc::default_alloc_error_hook",
    "<<std::sys::backtrace::BacktraceLock>::print::DisplayBacktrace as core::fmt::Display>::fmt",
];

/// How std writes to stderr, for itself and for a plugin that prints.
const STDERR: [&str; 2] =
    ["<std::sys::stdio::unix::Stderr as ", "<std::io::default_write_fmt::Adapter<std::sys::stdio::unix::Stderr> as "];
/// What a plugin that prints goes through.
const PRINTING: &str = "std::io::stdio::";

/// Leaves a trap where std's hooks were, and where it writes to stderr unless the plugin does too.
pub(super) fn drop_default_hooks(module: &mut Module) {
    let names = || module.funcs.iter().filter_map(|function| Some((function.id(), function.name.as_deref()?)));
    let prints = names().any(|(_, name)| name.contains(PRINTING));
    let is_dropped =
        |name: &str| HOOKS.contains(&name) || (!prints && STDERR.iter().any(|prefix| name.starts_with(prefix)));
    let hooks: Vec<FunctionId> = names().filter(|(_, name)| is_dropped(name)).map(|(id, _)| id).collect();
    for hook in hooks {
        let kind = module.types.get(module.funcs.get(hook).ty());
        let (params, results) = (kind.params().to_vec(), kind.results().to_vec());
        let arguments = params.iter().map(|kind| module.locals.add(*kind)).collect();
        let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
        builder.func_body().unreachable();
        module.funcs.get_mut(hook).kind = FunctionKind::Local(builder.local_func(arguments));
    }
}
