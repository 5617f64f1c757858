//! Sends calls that no request makes through the table, because V8 does not inline those.
//!
//! Envoy has V8 compile all of a module when it starts, without knowing what is called often. V8 then inlines every
//! direct call until a function is three times its size and more, which is most of a plugin's start-up time. LLVM has
//! inlined already what is worth it. Functions that requests reach keep direct calls; start-up, configuration
//! and faults can spare the nanosecond that a look into the table takes.

use super::requests;
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};
use walrus::ir::{Call, CallIndirect, Const, Instr, InstrSeq, InstrSeqId, Value, Visitor, dfs_in_order};
use walrus::{ConstExpr, ElementItems, ElementKind, ExportItem, FunctionId, LocalFunction, Module, TableId, TypeId};

/// Callees of fewer instructions are better inlined: they are hardly larger than the call.
const SMALLEST: u64 = 3;

/// Rewrites `wasm`; leaves it alone when its table may change while it runs, or when it has none.
pub(super) fn through_table(wasm: Vec<u8>) -> Result<Vec<u8>> {
    let mut module = super::parse(&wasm)?;
    let Some(table) = fixed_table(&module)? else { return Ok(wasm) };
    rewrite(&mut module, table);
    Ok(module.emit_wasm())
}

/// The table, when nothing in or outside the module can change what its slots hold.
fn fixed_table(module: &Module) -> Result<Option<TableId>> {
    let Some(table) = module.tables.main_function_table()? else { return Ok(None) };
    let exported = module.exports.iter().any(|export| matches!(export.item, ExportItem::Table(_)));
    let found = module.tables.get(table);
    if exported || found.table64 || found.import.is_some() {
        return Ok(None);
    }
    let fixed = module.funcs.iter_local().all(|(_, function)| !Survey::of(function).changes_tables);
    Ok(fixed.then_some(table))
}

fn rewrite(module: &mut Module, table: TableId) {
    let hot: BTreeSet<FunctionId> = requests::reached(module).into_iter().collect();
    let callees: BTreeMap<FunctionId, TypeId> = module
        .funcs
        .iter_local()
        .filter(|(_, function)| function.size() >= SMALLEST)
        .map(|(id, function)| (id, function.ty()))
        .collect();

    let mut slots = Slots { table, first: module.tables.get(table).initial, functions: Vec::new() };
    for (id, function) in module.funcs.iter_local_mut() {
        if hot.contains(&id) {
            continue;
        }
        for seq in Survey::of(function).seqs {
            let instrs = std::mem::take(&mut function.block_mut(seq).instrs);
            for (instr, at) in instrs {
                let callee = match &instr {
                    Instr::Call(Call { func }) => callees.get_key_value(func),
                    _ => None,
                };
                let rest = &mut function.block_mut(seq).instrs;
                match callee {
                    Some((callee, ty)) => rest.extend(slots.call(*callee, *ty).map(|instr| (instr, at))),
                    None => rest.push((instr, at)),
                }
            }
        }
    }
    slots.add_to(module);
}

/// New slots behind those that the table has.
struct Slots {
    table: TableId,
    first: u64,
    functions: Vec<FunctionId>,
}

impl Slots {
    fn call(&mut self, callee: FunctionId, ty: TypeId) -> [Instr; 2] {
        let place = self.functions.iter().position(|function| *function == callee).unwrap_or_else(|| {
            self.functions.push(callee);
            self.functions.len() - 1
        });
        let slot = Value::I32((self.first + place as u64) as i32);
        [Instr::Const(Const { value: slot }), Instr::CallIndirect(CallIndirect { ty, table: self.table })]
    }

    fn add_to(self, module: &mut Module) {
        let more = self.functions.len() as u64;
        if more == 0 {
            return;
        }
        let offset = ConstExpr::Value(Value::I32(self.first as i32));
        let kind = ElementKind::Active { table: self.table, offset };
        let element = module.elements.add(kind, ElementItems::Functions(self.functions));
        let table = module.tables.get_mut(self.table);
        table.initial += more;
        table.maximum = table.maximum.map(|maximum| maximum.max(table.initial));
        table.elem_segments.insert(element);
    }
}

/// What a function is made of, as far as calls go.
#[derive(Default)]
struct Survey {
    seqs: Vec<InstrSeqId>,
    changes_tables: bool,
}

impl Survey {
    fn of(function: &LocalFunction) -> Self {
        let mut survey = Self::default();
        dfs_in_order(&mut survey, function, function.entry_block());
        survey
    }
}

impl<'a> Visitor<'a> for Survey {
    fn start_instr_seq(&mut self, seq: &'a InstrSeq) {
        self.seqs.push(seq.id());
    }

    fn visit_instr(&mut self, instr: &'a Instr, _: &'a walrus::ir::InstrLocId) {
        self.changes_tables |= matches!(
            instr,
            Instr::TableSet(_) | Instr::TableGrow(_) | Instr::TableFill(_) | Instr::TableInit(_) | Instr::TableCopy(_)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::ir::Instr::{Call as Direct, CallIndirect as Indirect};

    /// `configure` and `request` each call `$work` and `$tiny`; `more` goes into the module too.
    fn module(more: &str) -> Vec<u8> {
        wat::parse_str(format!(
            r#"(module
                (func $work (param i32) (result i32) (i32.add (local.get 0) (i32.mul (local.get 0) (i32.const 3))))
                (func $tiny (param i32) (result i32) (local.get 0))
                (func (export "proxy_on_configure") (result i32) (call $work (call $tiny (i32.const 7))))
                (func $request (export "proxy_on_request_headers") (result i32) (call $work (call $tiny (i32.const 8))))
                (table 2 2 funcref)
                (elem (i32.const 1) $request)
                {more})"#
        ))
        .unwrap()
    }

    fn rewritten(wasm: Vec<u8>) -> Module {
        let wasm = through_table(wasm).unwrap();
        wasmparser::Validator::new().validate_all(&wasm).unwrap();
        Module::from_buffer(&wasm).unwrap()
    }

    /// The body of an exported function, without its nesting.
    fn body<'a>(module: &'a Module, export: &str) -> Vec<&'a Instr> {
        let function = module.funcs.get(module.exports.get_func(export).unwrap()).kind.unwrap_local();
        function.block(function.entry_block()).instrs.iter().map(|(instr, _)| instr).collect()
    }

    /// What each slot of the table holds when the module starts.
    fn slots(module: &Module) -> BTreeMap<i32, &str> {
        let mut slots = BTreeMap::new();
        for element in module.elements.iter() {
            let ElementKind::Active { offset: ConstExpr::Value(Value::I32(first)), .. } = &element.kind else {
                continue;
            };
            let ElementItems::Functions(functions) = &element.items else { continue };
            let names = functions.iter().map(|function| module.funcs.get(*function).name.as_deref().unwrap());
            slots.extend((*first..).zip(names));
        }
        slots
    }

    #[test]
    fn a_call_at_configuration_finds_the_same_function_in_the_table() {
        let module = rewritten(module(""));
        let [Instr::Const(seven), Direct(tiny), Instr::Const(slot), Indirect(call)] =
            body(&module, "proxy_on_configure")[..]
        else {
            panic!("{:?}", body(&module, "proxy_on_configure"));
        };
        assert!(matches!(seven.value, Value::I32(7)));
        assert_eq!(module.funcs.get(tiny.func).name.as_deref(), Some("tiny"));
        let work = module.funcs.by_name("work").unwrap();
        assert_eq!(call.ty, module.funcs.get(work).ty());
        assert!(matches!(slot.value, Value::I32(2)), "{:?}", slot.value);
        assert_eq!(slots(&module), BTreeMap::from([(1, "request"), (2, "work")]));
        let table = module.tables.get(call.table);
        assert_eq!((table.initial, table.maximum), (3, Some(3)));
    }

    #[test]
    fn calls_of_a_request_stay_direct() {
        let module = rewritten(module(""));
        assert!(!body(&module, "proxy_on_request_headers").iter().any(|instr| matches!(instr, Indirect(_))));
    }

    #[test]
    fn a_table_that_may_change_is_left_alone() {
        let set = r#"(func (export "f") (table.set (i32.const 1) (ref.null func)))"#;
        let exported = r#"(export "table" (table 0))"#;
        for more in [set, exported] {
            assert_eq!(through_table(module(more)).unwrap(), module(more), "{more}");
        }
    }
}
