//! Puts the functions that requests reach by direct calls side by side, at the front of the module.
//!
//! Engines lay compiled functions out in the order of the module. Between two requests Envoy runs so much code of its own
//! that a plugin's is in no cache: each page of it that a request touches costs, so functions of requests share theirs with
//! each other and not with start-up and configuration. Low numbers are also shorter where functions are called.

use super::calls::STARTING;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection};
use wasmparser::{CodeSectionReader, ExternalKind, FunctionSectionReader, Operator, Parser, Payload, TypeRef};

/// Rewrites `wasm`, which has no names.
pub(super) fn requests_first(wasm: &[u8]) -> Result<Vec<u8>> {
    let calls = Calls::read(wasm)?;
    let mut module = wasm_encoder::Module::new();
    let mut order = Order { imported: calls.imported, functions: calls.in_order() };
    order.parse_core_module(&mut module, Parser::new(0), wasm).context("cannot put functions in order")?;
    Ok(module.finish())
}

/// Who calls whom. Functions are numbered as in the module, where those of the host come first.
#[derive(Default)]
struct Calls {
    imported: u32,
    /// The functions that requests enter by.
    entries: Vec<u32>,
    /// Of each function of the module's own.
    callees: Vec<Vec<u32>>,
}

impl Calls {
    fn read(wasm: &[u8]) -> Result<Self> {
        let mut calls = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        calls.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if export.kind == ExternalKind::Func && !STARTING.contains(&export.name) {
                            calls.entries.push(export.index);
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let mut callees = Vec::new();
                    for operator in body.get_operators_reader()? {
                        if let Operator::Call { function_index } = operator? {
                            callees.push(function_index);
                        }
                    }
                    calls.callees.push(callees);
                }
                _ => {}
            }
        }
        Ok(calls)
    }

    /// The module's own functions: those that requests reach as they reach them, then the others as they were.
    fn in_order(&self) -> Vec<u32> {
        let mut seen = BTreeSet::new();
        let mut order = Vec::new();
        let mut open: Vec<u32> = self.entries.iter().rev().copied().collect();
        while let Some(function) = open.pop() {
            if let Some(callees) = self.callees_of(function)
                && seen.insert(function)
            {
                order.push(function);
                open.extend(callees.iter().rev());
            }
        }
        let others = (self.imported..).take(self.callees.len()).filter(|function| !seen.contains(function));
        order.extend(others);
        order
    }

    /// Nothing for the host's functions.
    fn callees_of(&self, function: u32) -> Option<&[u32]> {
        let own = function.checked_sub(self.imported)?;
        self.callees.get(own as usize).map(Vec::as_slice)
    }
}

struct Order {
    imported: u32,
    /// The module's own functions by their numbers so far.
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
    use walrus::ir::{Instr, Value};
    use walrus::{ElementItems, FunctionId, Module};

    const MODULE: &str = r#"(module
        (import "env" "log" (func $log (param i32)))
        (func $cold (result i32) (i32.const 1))
        (func (export "proxy_on_configure") (result i32) (call $cold))
        (func $slot (result i32) (i32.const 2))
        (func $hot (param i64) (result i32) (call $log (i32.const 5)) (i32.const 3))
        (func $request (export "proxy_on_request_headers") (result i32) (call $hot (i64.const 0)))
        (table 2 2 funcref)
        (elem (i32.const 0) $slot $hot))"#;

    /// The last constant of a function, by which the functions of [`MODULE`] are told apart.
    fn constant(module: &Module, function: FunctionId) -> Option<Value> {
        let local = module.funcs.get(function).kind.unwrap_local();
        let mut instrs = local.block(local.entry_block()).instrs.iter().rev();
        instrs.find_map(|(instr, _)| match instr {
            Instr::Const(found) => Some(found.value),
            _ => None,
        })
    }

    #[test]
    fn functions_of_requests_come_first_and_everybody_still_finds_his_own() {
        let ordered = requests_first(&wat::parse_str(MODULE).unwrap()).unwrap();
        wasmparser::Validator::new().validate_all(&ordered).unwrap();
        let calls = Calls::read(&ordered).unwrap();
        // The host's `log` is 0 still. Behind it: request, hot, cold, configure, slot.
        assert_eq!(calls.entries, [1]);
        assert_eq!(calls.callees, [vec![2], vec![0], vec![], vec![3], vec![]]);
        let module = Module::from_buffer(&ordered).unwrap();
        let Some(ElementItems::Functions(slots)) = module.elements.iter().map(|element| &element.items).next() else {
            panic!("no table");
        };
        let constants: Vec<_> = slots.iter().map(|slot| constant(&module, *slot)).collect();
        assert!(matches!(constants[..], [Some(Value::I32(2)), Some(Value::I32(3))]), "{constants:?}");
    }
}
