//! Leaves one of each set of functions that are the same byte for byte.
//!
//! Rust instantiates generic code once a type, and what differs in types is often the same machine code. The linker keeps
//! each copy; Envoy compiles each when it starts, which is most of a plugin's start-up time.

use anyhow::Result;
use std::collections::HashMap;
use walrus::ir::{VisitorMut, dfs_pre_order_mut};
use walrus::{ElementItems, ExportItem, FunctionId, IndicesToIds, Module, ModuleConfig, passes::gc};
use wasmparser::{Parser, Payload};

/// Merges until nothing is left to merge: callers of twins may have become twins.
pub(super) fn merge(mut wasm: Vec<u8>) -> Result<Vec<u8>> {
    loop {
        let twins = twins(&wasm)?;
        if twins.is_empty() {
            return Ok(wasm);
        }
        let mut config = ModuleConfig::new();
        config.generate_producers_section(false);
        config.on_parse(move |module, ids| replace(module, ids, &twins));
        wasm = config.parse(&wasm)?.emit_wasm();
    }
}

/// Pairs of function indices, a later copy and the first one.
fn twins(wasm: &[u8]) -> Result<Vec<(u32, u32)>> {
    let (mut index, mut types, mut firsts, mut twins) = (0, Vec::new(), HashMap::new(), Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    index += u32::from(matches!(import?.ty, wasmparser::TypeRef::Func(_)));
                }
            }
            Payload::FunctionSection(section) => types = section.into_iter().collect::<Result<_, _>>()?,
            Payload::CodeSectionEntry(body) => {
                let kind = types.get(firsts.len() + twins.len()).copied();
                let bytes = wasm.get(body.range()).unwrap_or_default();
                match firsts.get(&(kind, bytes)) {
                    Some(first) => twins.push((index, *first)),
                    None => drop(firsts.insert((kind, bytes), index)),
                }
                index += 1;
            }
            _ => {}
        }
    }
    Ok(twins)
}

fn replace(module: &mut Module, ids: &IndicesToIds, twins: &[(u32, u32)]) -> Result<()> {
    let firsts: HashMap<FunctionId, FunctionId> =
        twins.iter().map(|(twin, first)| Ok((ids.get_func(*twin)?, ids.get_func(*first)?))).collect::<Result<_>>()?;
    let mut calls = Calls(&firsts);
    for (_, function) in module.funcs.iter_local_mut() {
        let entry = function.entry_block();
        dfs_pre_order_mut(&mut calls, function, entry);
    }
    for element in module.elements.iter_mut() {
        if let ElementItems::Functions(slots) = &mut element.items {
            slots.iter_mut().for_each(|slot| calls.visit_function_id_mut(slot));
        }
    }
    for export in module.exports.iter_mut() {
        if let ExportItem::Function(function) = &mut export.item {
            calls.visit_function_id_mut(function);
        }
    }
    gc::run(module);
    Ok(())
}

/// Leads every mention of a twin to the first.
struct Calls<'a>(&'a HashMap<FunctionId, FunctionId>);

impl VisitorMut for Calls<'_> {
    fn visit_function_id_mut(&mut self, function: &mut FunctionId) {
        if let Some(first) = self.0.get(function) {
            *function = *first;
        }
    }
}
