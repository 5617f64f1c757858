//! Envoy's foreign functions `expr_create`, `expr_evaluate` and `expr_delete`: expressions by token.

use std::collections::HashMap;
use std::rc::Rc;

use super::properties;
use crate::abi::Status;
use crate::expression::{Expression, Failure};
use crate::vm::guest::Guest;

const DEBUG: u32 = 1;
const INFO: u32 = 2;
/// The bytes of text that all expressions of a machine may have, where none counts as less than 256. What is made of
/// them takes a hundred times as much.
const MOST_BYTES: usize = 1 << 20;

/// The expressions of a plugin. Tokens are not given twice.
#[derive(Debug, Default)]
pub(crate) struct Expressions {
    next: u32,
    known: HashMap<u32, (Rc<Expression>, usize)>,
}

/// Keeps an expression and gives its token.
///
/// # Errors
/// [`Status::BadArgument`] where the argument is no expression, [`Status::InternalFailure`] when there are too many.
pub(super) fn create(guest: &mut Guest, argument: &[u8]) -> Result<Vec<u8>, Status> {
    let text = std::str::from_utf8(argument).map_err(|_| Status::BadArgument)?;
    let expression = Expression::read(text).map_err(|error| {
        guest.log(INFO, &format!("expr_create: this is no expression that can be evaluated: {error}"));
        Status::BadArgument
    })?;
    let size = text.len().max(256);
    let all = guest.expressions.values().flat_map(|it| it.known.values());
    if all.map(|(_, size)| size).sum::<usize>() + size > MOST_BYTES {
        guest.log(INFO, "expr_create: the expressions of this machine are too many; delete some with expr_delete");
        return Err(Status::InternalFailure);
    }
    let own = guest.expressions.entry(guest.root_of(guest.current)).or_default();
    let token = own.next;
    own.next = token.wrapping_add(1);
    own.known.insert(token, (Rc::new(expression), size));
    Ok(token.to_le_bytes().to_vec())
}

/// Evaluates an expression for the context whose callback runs, whatever the effective context is.
///
/// # Errors
/// [`Status::BadArgument`] where the argument is no token, [`Status::NotFound`] for a token that nobody has,
/// [`Status::InternalFailure`] when the expression goes wrong, [`Status::SerializationFailure`] when its value cannot be
/// given.
pub(super) fn evaluate(guest: &Guest, argument: &[u8]) -> Result<Vec<u8>, Status> {
    let token = token(argument)?;
    let own = guest.expressions.get(&guest.root_of(guest.current));
    let (expression, _) = own.and_then(|own| own.known.get(&token)).ok_or(Status::NotFound)?;
    let lookup = |path: &[&[u8]]| properties::find(guest, guest.current, path);
    expression.evaluate(&lookup, guest.limits.callback).map_err(|failure| match failure {
        Failure::Evaluation(error) => {
            guest.log(DEBUG, &format!("expr_evaluate: expression {token}: {error}"));
            Status::InternalFailure
        }
        Failure::Shape => Status::SerializationFailure,
    })
}

/// Forgets an expression; one that is not known is no error.
///
/// # Errors
/// [`Status::BadArgument`] where the argument is no token.
pub(super) fn delete(guest: &mut Guest, argument: &[u8]) -> Result<(), Status> {
    let token = token(argument)?;
    if let Some(own) = guest.expressions.get_mut(&guest.root_of(guest.current)) {
        own.known.remove(&token);
    }
    Ok(())
}

fn token(argument: &[u8]) -> Result<u32, Status> {
    argument.try_into().map(u32::from_le_bytes).map_err(|_| Status::BadArgument)
}
