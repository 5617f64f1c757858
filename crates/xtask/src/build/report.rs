//! The table that a build ends with: what each plugin weighs, hears and asks for.

use super::allow_list::AllowList;
use super::budget::Budget;
use super::size;
use crate::finish::Finished;
use crate::terminal;
use crate::workspace::Package;

pub(super) fn table(built: &[(&Package, Finished)], allow_list: &AllowList, budget: &Budget) -> String {
    let heading = ["plugin", "size", "budget", "ABI", "phases", "beyond every gateway"].map(str::to_owned);
    let rows = built.iter().map(|(package, finished)| {
        let beyond: Vec<_> = finished.imports.iter().filter_map(|import| allow_list.remark(import)).collect();
        [
            package.name.clone(),
            size(finished.wasm.len()),
            size(budget.of(&package.name)),
            finished.declaration.abi.to_string(),
            phases(&finished.callbacks),
            if beyond.is_empty() { "-".to_owned() } else { beyond.join(", ") },
        ]
    });
    terminal::table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
}

/// Callbacks in words, those of the plugin's own life left out.
fn phases(callbacks: &[&str]) -> String {
    const LIFE: [&str; 4] = ["vm_start", "configure", "context_create", "delete"];
    let names = callbacks.iter().filter_map(|callback| callback.strip_prefix("proxy_on_"));
    names.filter(|name| !LIFE.contains(name)).map(|name| name.replace('_', " ")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_phases_in_words() {
        let words = phases(&["proxy_on_vm_start", "proxy_on_request_headers", "proxy_on_tick"]);
        assert_eq!(words, "request headers, tick");
    }
}
