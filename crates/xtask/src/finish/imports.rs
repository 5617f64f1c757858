//! What a module asks of its gateway, and who in the plugin asks for it.

use std::collections::{HashMap, HashSet};
use walrus::ir::{Call, Visitor, dfs_in_order};
use walrus::{FunctionId, ImportKind, Module};

/// How far up the calls are followed from an import: enough to get out of the WASI bindings into code one knows.
const DEPTH: usize = 5;

/// One imported function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Module and field with a dot between, such as `env.proxy_log`.
    pub name: String,
    /// One way by which the plugin comes to call it, the nearest caller first.
    pub callers: Vec<String>,
}

/// All imports of `module`, by name.
pub(super) fn list(module: &Module) -> Vec<Import> {
    let callers = callers(module);
    let mut imports: Vec<Import> = module
        .imports
        .iter()
        .map(|import| Import {
            name: format!("{}.{}", import.module, import.name),
            callers: match import.kind {
                ImportKind::Function(id) => path_up(module, &callers, id),
                _ => Vec::new(),
            },
        })
        .collect();
    imports.sort_by(|a, b| a.name.cmp(&b.name));
    imports
}

/// For each function, those that call it directly.
fn callers(module: &Module) -> HashMap<FunctionId, Vec<FunctionId>> {
    struct Calls<'a>(FunctionId, &'a mut HashMap<FunctionId, Vec<FunctionId>>);
    impl<'instr> Visitor<'instr> for Calls<'_> {
        fn visit_call(&mut self, call: &Call) {
            self.1.entry(call.func).or_default().push(self.0);
        }
    }
    let mut callers = HashMap::new();
    for (id, function) in module.funcs.iter_local() {
        dfs_in_order(&mut Calls(id, &mut callers), function, function.entry_block());
    }
    callers
}

fn path_up(module: &Module, callers: &HashMap<FunctionId, Vec<FunctionId>>, from: FunctionId) -> Vec<String> {
    let mut seen = HashSet::from([from]);
    let mut at = from;
    let mut path = Vec::new();
    while let Some(next) = callers.get(&at).and_then(|all| all.iter().copied().find(|id| !seen.contains(id))) {
        path.push(module.funcs.get(next).name.clone().unwrap_or_else(|| "a function without a name".to_owned()));
        if path.len() == DEPTH {
            break;
        }
        seen.insert(next);
        at = next;
    }
    path
}
