//! What of CEL Envoy takes, and what an expression names.

use std::collections::BTreeSet;

use cel::common::ast::{ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators};
use cel::parser::Expression as Tree;

use super::MOST_LEVELS;
use super::functions;
use super::operators::{is_chain, is_operator};

/// Walks through an expression and notes names.
pub(super) struct Check<'a> {
    pub(super) roots: &'a mut BTreeSet<String>,
    pub(super) members: &'a mut BTreeSet<String>,
    /// How deep the walk is now, and was at most, in nodes of the tree.
    pub(super) depth: usize,
    pub(super) deepest: &'a mut usize,
}

impl Check<'_> {
    /// Checks an expression and what is in it.
    ///
    /// # Errors
    /// When it nests too deep, or calls a function or makes a message that is not known.
    pub(super) fn expression(&mut self, tree: &Tree, level: u16) -> Result<(), String> {
        self.depth += 1;
        *self.deepest = self.depth.max(*self.deepest);
        let checked = self.inside(tree, level);
        self.depth -= 1;
        checked
    }

    fn inside(&mut self, tree: &Tree, level: u16) -> Result<(), String> {
        if level > MOST_LEVELS {
            return Err(format!("it nests deeper than {MOST_LEVELS} levels"));
        }
        let inside = level + 1;
        match &tree.expr {
            Expr::Ident(name) => {
                self.roots.insert(name.trim_start_matches('.').to_owned());
            }
            Expr::Literal(LiteralValue::String(text)) => {
                self.members.insert(text.inner().to_owned());
            }
            Expr::Literal(_) | Expr::Unspecified => {}
            Expr::Select(select) => {
                self.members.insert(select.field.clone());
                self.expression(&select.operand, inside)?;
            }
            Expr::Call(call) => {
                let inside = if is_chain(&call.func_name) { level } else { inside };
                let member = call.target.is_some();
                if !is_operator(&call.func_name) && !functions::is_known(&call.func_name, member, call.args.len()) {
                    return Err(format!(
                        "there is no function {:?} with {} arguments{}",
                        call.func_name,
                        call.args.len(),
                        if member { " after a value and a dot" } else { "" }
                    ));
                }
                for operand in call.target.iter().map(AsRef::as_ref).chain(&call.args) {
                    self.expression(operand, inside)?;
                }
            }
            Expr::List(list) => {
                for element in &list.elements {
                    self.expression(element, inside)?;
                }
            }
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        self.expression(&entry.key, inside)?;
                        self.expression(&entry.value, inside)?;
                    }
                }
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, level)?,
            Expr::Struct(message) => {
                return Err(format!("messages such as {:?} cannot be made here", message.type_name));
            }
        }
        Ok(())
    }

    /// The tree of a macro has levels that nobody wrote: they do not count.
    fn comprehension(&mut self, comprehension: &ComprehensionExpr, level: u16) -> Result<(), String> {
        self.expression(&comprehension.iter_range, level + 1)?;
        let unwritten = match &comprehension.loop_step.expr {
            Expr::Call(call) if call.func_name == operators::ADD => 2,
            Expr::Call(call) if call.func_name == operators::CONDITIONAL => 1,
            _ => 0,
        };
        self.expression(&comprehension.loop_step, (level + 1).saturating_sub(unwritten))
    }
}
