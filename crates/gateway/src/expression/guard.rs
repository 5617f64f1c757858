//! Puts the meter into an expression: what operators and functions are given is weighed, each turn of a loop is counted.

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators};
use cel::parser::Expression as Tree;

use super::meter;
use super::operators::is_lazy;

/// Guards an expression and all that is in it.
pub(super) fn expression(tree: &mut Tree) {
    match &mut tree.expr {
        Expr::Call(call) => operation(call),
        Expr::List(list) => list.elements.iter_mut().for_each(weighed),
        Expr::Map(map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                    weighed(&mut entry.key);
                    weighed(&mut entry.value);
                }
            }
        }
        Expr::Select(select) => expression(&mut select.operand),
        Expr::Comprehension(comprehension) => repeated(comprehension),
        Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) | Expr::Unspecified => {}
    }
}

fn operation(call: &mut CallExpr) {
    as_member(call);
    if is_lazy(&call.func_name) {
        call.args.iter_mut().for_each(expression);
        return;
    }
    // Indexing only looks into its first operand.
    let light = usize::from(call.func_name == operators::INDEX);
    call.args.iter_mut().take(light).for_each(expression);
    call.target.iter_mut().map(AsMut::as_mut).chain(call.args.iter_mut().skip(light)).for_each(weighed);
}

/// Envoy takes `contains(text, part)` for `text.contains(part)`, and others alike; the library does not.
fn as_member(call: &mut CallExpr) {
    let both = matches!(call.func_name.as_str(), "contains" | "startsWith" | "endsWith" | "matches");
    if both && call.target.is_none() && call.args.len() == 2 {
        call.target = Some(Box::new(call.args.remove(0)));
    }
}

/// The forms of steps are kept: the library appends in place to lists that it recognises.
fn repeated(comprehension: &mut ComprehensionExpr) {
    weighed(&mut comprehension.iter_range);
    let Expr::Call(step) = &mut comprehension.loop_step.expr else { return };
    match (step.func_name.as_str(), step.args.as_mut_slice()) {
        (operators::ADD, [_, added]) => {
            if let Expr::List(list) = &mut added.expr {
                list.elements.iter_mut().for_each(weighed);
                list.elements.iter_mut().for_each(counted);
            }
        }
        (operators::CONDITIONAL, [condition, added, _]) => {
            expression(condition);
            counted(condition);
            if let Expr::Call(CallExpr { args, .. }) = &mut added.expr
                && let [_, Tree { expr: Expr::List(list), .. }] = args.as_mut_slice()
            {
                list.elements.iter_mut().for_each(weighed);
            }
        }
        (_, [_, condition]) => {
            expression(condition);
            counted(condition);
        }
        _ => {}
    }
}

/// Guards it, and has its value weighed before that is used. What stands in the text is as light as the text.
fn weighed(tree: &mut Tree) {
    expression(tree);
    if !matches!(tree.expr, Expr::Literal(_)) {
        let inner = std::mem::take(tree);
        *tree = call(meter::WEIGH, vec![ident(meter::NAME), inner]);
    }
}

/// Evaluated only where another turn is allowed.
fn counted(tree: &mut Tree) {
    let inner = std::mem::take(tree);
    let allowed = call(meter::TURN, vec![ident(meter::NAME)]);
    *tree = call(operators::CONDITIONAL, vec![allowed, inner, node(Expr::Literal(LiteralValue::Null))]);
}

fn call(name: &str, args: Vec<Tree>) -> Tree {
    node(Expr::Call(CallExpr { func_name: name.to_owned(), target: None, args }))
}

fn ident(name: &str) -> Tree {
    node(Expr::Ident(name.to_owned()))
}

fn node(expr: Expr) -> Tree {
    Tree { id: 0, expr }
}
