//! `cargo xtask trace`: a module that tells which functions a request runs, for `finish/request-order`.

use crate::build::{finish_package, raw_module};
use crate::finish::{self, Names};
use crate::terminal::BOLD;
use crate::toolchain;
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use std::fs;
use walrus::ir::{BinaryOp, Value};
use walrus::{ConstExpr, DataKind, FunctionId, GlobalId, InstrSeqBuilder, Module, ValType};

/// Begins each line that such a module logs.
const MARK: &str = "runs: ";
/// The level of these lines (`info`).
const LEVEL: i32 = 2;
const FIRST: &str = "proxy_on_request_headers";
const PAGE: u64 = 64 << 10;

/// Builds a plugin and writes its traced module to `dist/trace/`.
///
/// # Errors
/// When the plugin does not build, or does not log.
pub fn write(workspace: &Workspace, plugin: &str) -> Result<()> {
    toolchain::ensure_target()?;
    let package = workspace.plugin(plugin)?;
    let raw = raw_module(workspace, package)?;
    let wasm = traced(&finish_package(workspace, package, &raw, Names::Keep)?.wasm)?;
    let folder = workspace.root.join("dist/trace");
    let file = folder.join(plugin).with_extension("wasm");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::write(&file, wasm).with_context(|| format!("cannot write {}", file.display()))?;
    anstream::println!(
        "{BOLD}{}{BOLD:#} logs `{MARK}NAME` when a function runs for the first time from the second request on.\n\
         Next: load it in a gateway, send the requests that matter, and put the names into \
         crates/xtask/src/finish/request-order.",
        file.display()
    );
    Ok(())
}

/// `wasm` with a line of log at the head of each function, once each and from the second request on: what only the first
/// one runs is not what requests run.
fn traced(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut module = finish::parse(wasm)?;
    let log = module.imports.get_func("env", "proxy_log").context("the plugin logs nothing")?;
    let first = module.exports.get_func(FIRST)?;
    let [warm, begun] = [flag(&mut module), flag(&mut module)];
    let names: Vec<(FunctionId, String)> = module
        .funcs
        .iter_local()
        .filter_map(|(id, _)| Some((id, module.funcs.get(id).name.clone()?)))
        .map(|(id, name)| (id, [MARK, &name].concat()))
        .collect();
    let mut texts = Vec::new();
    let memory = module.get_memory_id()?;
    let start = module.memories.get(memory).initial * PAGE;
    for (function, text) in names {
        let told = flag(&mut module);
        let line = [LEVEL, (start as usize + texts.len()) as i32, text.len() as i32];
        texts.extend(text.into_bytes());
        let mut body = module.funcs.get_mut(function).kind.unwrap_local_mut().builder_mut().func_body();
        let before = body.instrs().len();
        if function == first {
            body.global_get(warm).global_set(begun).i32_const(1).global_set(warm);
        }
        tell_once(&mut body, [begun, told], line, log);
        // Written behind the function's own, to its front.
        let added = body.instrs().len() - before;
        body.instrs_mut().rotate_right(added);
    }
    let pages = (texts.len() as u64).div_ceil(PAGE);
    let memory_size = module.memories.get_mut(memory);
    memory_size.initial += pages;
    memory_size.maximum = memory_size.maximum.map(|maximum| maximum + pages);
    let offset = ConstExpr::Value(Value::I32(start as i32));
    let data = module.data.add(DataKind::Active { memory, offset }, texts);
    module.memories.get_mut(memory).data_segments.insert(data);
    Ok(module.emit_wasm())
}

fn flag(module: &mut Module) -> GlobalId {
    module.globals.add_local(ValType::I32, true, false, ConstExpr::Value(Value::I32(0)))
}

fn tell_once(body: &mut InstrSeqBuilder<'_>, [begun, told]: [GlobalId; 2], line: [i32; 3], log: FunctionId) {
    body.global_get(begun).global_get(told).binop(BinaryOp::I32GtU).if_else(
        None,
        |then| {
            then.i32_const(1).global_set(told);
            line.into_iter().for_each(|number| {
                then.i32_const(number);
            });
            then.call(log).drop();
        },
        |_| {},
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::ir::Instr;

    #[test]
    fn every_function_tells_its_name_once_the_second_request_has_come() {
        let module = wat::parse_str(
            r#"(module
                (import "env" "proxy_log" (func $proxy_log (param i32 i32 i32) (result i32)))
                (memory 2 2)
                (func $late (result i32) (i32.const 7))
                (func $on_request (export "proxy_on_request_headers") (param i32) (result i32) (call $late)))"#,
        );
        let wasm = traced(&module.unwrap()).unwrap();
        wasmparser::Validator::new().validate_all(&wasm).unwrap();

        let module = Module::from_buffer(&wasm).unwrap();
        let memory = module.memories.get(module.get_memory_id().unwrap());
        assert_eq!((memory.initial, memory.maximum), (3, Some(3)));
        let texts: Vec<u8> = module.data.iter().flat_map(|data| data.value.clone()).collect();
        let texts = String::from_utf8(texts).unwrap();
        assert!(texts.contains("runs: late") && texts.contains("runs: on_request"), "{texts}");
        let mut log = 0;
        for (_, function) in module.funcs.iter_local() {
            let entry = &function.block(function.entry_block()).instrs;
            let head: Vec<_> = entry.iter().map(|(instr, _)| instr).take(8).collect();
            let at = head.iter().position(|instr| matches!(instr, Instr::IfElse(_)));
            log += usize::from(at.is_some_and(|at| at <= 7));
        }
        assert_eq!(log, 2, "the line comes before all that the function does");
    }
}
