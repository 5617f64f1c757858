//! WasmPlugin manifests: what is accepted, what is refused with which words, and what the plugin gets.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed expectation is how tests speak"
)]

mod chain;
mod check;
mod configuration;
mod files;
#[path = "../bootstrap/snapshots.rs"]
mod snapshots;

use gateway::wasm_plugin::{WasmPlugin, parse};

/// The plugin of a manifest with this in its `spec`.
fn plugin(spec: &str) -> WasmPlugin {
    let spec = spec.trim().replace('\n', "\n  ");
    let text = format!(
        "apiVersion: extensions.higress.io/v1alpha1\nkind: WasmPlugin\nmetadata: {{ name: test }}\nspec:\n  url: file:///a.wasm\n  {spec}"
    );
    parse("test.yaml", &text).unwrap_or_else(|faults| panic!("{faults}\n{text}")).value.remove(0)
}
