//! The order of several plugins in the chain.

use super::WasmPlugin;

/// Puts plugins in the order in which requests meet them: by phase, then by descending priority, then by name and
/// namespace.
pub fn order(plugins: &mut [WasmPlugin]) {
    plugins.sort_by(|left, right| {
        let ties = |it: &WasmPlugin| (it.name.clone(), it.namespace.clone());
        left.phase.cmp(&right.phase).then(right.priority.cmp(&left.priority)).then_with(|| ties(left).cmp(&ties(right)))
    });
}
