//! Puts the functions that requests reach side by side, at the front of the module.
//!
//! Engines lay compiled functions out in the order of the module. Between two requests Envoy runs so much code of its own
//! that a plugin's is in no cache: each page of it that a request touches costs, so functions of requests share theirs with
//! each other and not with start-up and configuration. Low numbers are also shorter where functions are called.

use super::{parse, requests};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use walrus::{FunctionId, ImportKind};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection};
use wasmparser::{CodeSectionReader, CustomSectionReader, FunctionSectionReader, Parser};

/// Functions that ordinary requests run, by name: less than a fifth of what they reach. Written with `cargo xtask trace`;
/// a name that a module does not have means nothing.
pub(super) const RUN_BY_REQUESTS: &str = include_str!("request-order");

/// Rewrites `wasm`, and drops the names.
pub(super) fn requests_first(wasm: &[u8]) -> Result<Vec<u8>> {
    in_order(wasm, &RUN_BY_REQUESTS.lines().collect::<Vec<_>>())
}

/// The functions named first come first, then the others that requests reach, then the rest.
fn in_order(wasm: &[u8], named: &[&str]) -> Result<Vec<u8>> {
    let source = parse(wasm)?;
    // A module that was just read numbers its functions as its bytes do, those of the host first.
    let imported = source.imports.iter().filter(|import| matches!(import.kind, ImportKind::Function(_))).count() as u32;
    let place = |function: &FunctionId| {
        let name = source.funcs.get(*function).name.as_deref();
        named.iter().position(|first| Some(*first) == name).unwrap_or(named.len())
    };
    let mut functions = requests::reached(&source);
    functions.sort_by_cached_key(place);
    let mut functions: Vec<u32> = functions.iter().map(|function| function.index() as u32).collect();
    functions.retain(|function| *function >= imported);
    let first: BTreeSet<u32> = functions.iter().copied().collect();
    let all = imported..source.funcs.iter().count() as u32;
    functions.extend(all.filter(|function| !first.contains(function)));

    let mut module = wasm_encoder::Module::new();
    Order { imported, functions }
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .context("cannot put functions in order")?;
    Ok(module.finish())
}

struct Order {
    imported: u32,
    /// The module's own functions by their numbers so far, in the order that they are to have.
    functions: Vec<u32>,
}

impl Order {
    /// Of `items`, one for each function of the module's own, those that the functions in order have.
    fn of<'a, T>(&'a self, items: &'a [T]) -> impl Iterator<Item = &'a T> {
        self.functions.iter().filter_map(|function| items.get((function - self.imported) as usize))
    }
}

impl Reencode for Order {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error> {
        let place = self.functions.iter().position(|moved| *moved == function);
        Ok(place.map_or(function, |place| self.imported + place as u32))
    }

    fn parse_custom_section(
        &mut self,
        module: &mut wasm_encoder::Module,
        section: CustomSectionReader<'_>,
    ) -> Result<(), Error> {
        match section.name() {
            "name" => Ok(()),
            _ => wasm_encoder::reencode::utils::parse_custom_section(self, module, section),
        }
    }

    fn parse_function_section(
        &mut self,
        out: &mut FunctionSection,
        types: FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        let types = types.into_iter().collect::<Result<Vec<_>, _>>()?;
        self.of(&types).for_each(|ty| {
            out.function(*ty);
        });
        Ok(())
    }

    fn parse_code_section(&mut self, out: &mut CodeSection, bodies: CodeSectionReader<'_>) -> Result<(), Error> {
        let bodies = bodies.into_iter().collect::<Result<Vec<_>, _>>()?;
        let bodies: Vec<_> = self.of(&bodies).cloned().collect();
        bodies.into_iter().try_for_each(|body| self.parse_function_body(out, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::ir::{Const, Instr, Value};
    use walrus::{ElementItems, Module};

    const MODULE: &str = r#"(module
        (import "env" "log" (func $log (param i32)))
        (func $cold (result i32) (i32.const 1))
        (func (export "proxy_on_configure") (result i32) (call $cold))
        (func $slot (result i32) (i32.const 2))
        (func $hot (param i64) (result i32) (call $log (i32.const 5)) (i32.const 3))
        (func $request (export "proxy_on_request_headers") (result i32) (drop (call $hot (i64.const 0))) (i32.const 4))
        (func $asked (result i32) (i32.const 5))
        (func $"<x::X as plugin_core::plugin::Plugin>::on_request::{{closure}}" (result i32) (drop (call $asked)) (i32.const 6))
        (func $"<P as plugin_core::plugin::AnyPlugin>::configured" (result i32) (i32.const 7))
        (table 4 4 funcref)
        (elem (i32.const 0) $slot $hot 7 8))"#;

    /// The last constant of each function, by which those of [`MODULE`] are told apart.
    fn constants(module: &Module, functions: impl Iterator<Item = FunctionId>) -> Vec<i32> {
        let constant = |function| {
            let local = module.funcs.get(function).kind.unwrap_local();
            let mut instrs = local.block(local.entry_block()).instrs.iter().rev();
            instrs.find_map(|(instr, _)| match instr {
                Instr::Const(Const { value: Value::I32(value) }) => Some(*value),
                _ => None,
            })
        };
        functions.filter_map(constant).collect()
    }

    #[test]
    fn functions_of_requests_come_first_and_everybody_still_finds_his_own() {
        let ordered = in_order(&wat::parse_str(MODULE).unwrap(), &["asked", "not here"]).unwrap();
        wasmparser::Validator::new().validate_all(&ordered).unwrap();
        let module = Module::from_buffer(&ordered).unwrap();
        // Configuring has no constant of its own.
        assert_eq!(constants(&module, module.funcs.iter_local().map(|(id, _)| id)), [5, 4, 3, 6, 1, 2, 7]);
        assert!(module.funcs.iter().all(|function| function.name.is_none()));

        let callees = |export| requests::callees(&module, module.exports.get_func(export).unwrap());
        assert_eq!(constants(&module, callees("proxy_on_request_headers").into_iter()), [3]);
        assert_eq!(constants(&module, callees("proxy_on_configure").into_iter()), [1]);
        let Some(ElementItems::Functions(slots)) = module.elements.iter().map(|element| &element.items).next() else {
            panic!("no table");
        };
        assert_eq!(constants(&module, slots.iter().copied()), [2, 3, 6, 7]);
    }
}
