//! Makes of the module that the linker wrote the one that a gateway loads: only the callbacks in use, the right ABI
//! marker, no names.
//!
//! A callback that is not exported is never called, so a plugin pays per request only for the phases that it uses.

mod calls;
mod declaration;
mod exports;
mod facts;
mod imports;
mod names;
mod order;
mod panic;
mod phases;
mod requests;
mod table;
mod twins;

pub use declaration::{Abi, Cleanup, Declaration};
pub use facts::Source;
pub use imports::Import;
pub use phases::Feature;

use anyhow::{Context, Result};
use std::collections::BTreeSet;
use walrus::{Module, ModuleConfig, passes::gc};

/// Whether function names stay in the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Drop them: they are half of the file, and a gateway has no use for them.
    Strip,
    /// Keep them, to see what the bytes are.
    Keep,
}

/// A module ready for a gateway, and what was found out on the way.
#[derive(Debug)]
pub struct Finished {
    /// The module.
    pub wasm: Vec<u8>,
    /// What the plugin says about itself.
    pub declaration: Declaration,
    /// The optional features of core that the plugin reaches.
    pub features: BTreeSet<Feature>,
    /// The exported callbacks, in export order.
    pub callbacks: Vec<&'static str>,
    /// What the module asks of its gateway.
    pub imports: Vec<Import>,
}

/// Finishes the module `raw`, as `cargo build --release --target wasm32-wasip1` wrote it. `source` goes
/// into the module's `plugin` section and into what the plugin logs at its start.
///
/// # Errors
/// When `raw` is not a plugin of this workspace, is finished already, has no names to read, lacks a callback that it
/// needs, or asks for something that its ABI cannot give.
pub fn finish(raw: &[u8], source: &Source, keep_names: Names) -> Result<Finished> {
    let module = parse(raw)?;
    facts::refuse_finished(&module)?;
    let declaration = Declaration::read(&module)?;
    let mut raw = raw.to_vec();
    facts::fill_in(&mut raw, &declaration, source)?;
    let raw = raw.as_slice();
    let mut module = parse(raw)?;

    let features = reached_features(raw)?;
    declaration.allow(&features)?;

    let callbacks = phases::callbacks(&features, declaration.cleanup);
    reduce(&mut module, &callbacks, declaration.abi.markers())?;
    let imports = imports::list(&module);
    facts::replace_custom_sections(&mut module, &declaration, source)?;
    let wasm = twins::merge(module.emit_wasm())?;
    let wasm = calls::through_table(wasm)?;
    let wasm = match keep_names {
        Names::Keep => wasm,
        Names::Strip => order::requests_first(&wasm)?,
    };

    wasmparser::Validator::new()
        .validate_all(&wasm)
        .context("the finished module is not valid WebAssembly; this is a fault of `xtask`, please report it")?;
    Ok(Finished { wasm, declaration, features, callbacks, imports })
}

/// Reads a module with its names, by which the steps know what they look for.
pub(crate) fn parse(wasm: &[u8]) -> Result<Module> {
    let mut config = ModuleConfig::new();
    config.generate_producers_section(false).parse(wasm).context("cannot read the module")
}

/// The features reached from the callbacks that every plugin has. The optional callbacks are left out of the question,
/// because core's own code in them would count as a use.
fn reached_features(raw: &[u8]) -> Result<BTreeSet<Feature>> {
    let mut module = parse(raw)?;
    reduce(&mut module, &phases::ALWAYS, &[])?;
    phases::marked(&module)
}

/// Leaves of `module` what `callbacks` reach.
fn reduce(module: &mut Module, callbacks: &[&str], markers: &[&str]) -> Result<()> {
    names::demangle(module)?;
    exports::keep(module, callbacks, markers)?;
    table::drop_proxy_wasm_traits(module);
    panic::drop_default_hooks(module);
    gc::run(module);
    Ok(())
}
