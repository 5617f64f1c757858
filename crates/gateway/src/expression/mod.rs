//! Expressions in CEL over attributes, as plugins create and evaluate them.
//!
//! The language is the crate `cel`'s. What is here keeps hostile guests from the host's time, memory and stack, and the
//! language to what Envoy takes of it.

mod attributes;
mod check;
mod functions;
mod guard;
mod headers;
mod meter;
mod operators;
mod result;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use cel::common::value::Val;
use cel::parser::{Expression as Tree, ParseError, ParseErrors, Parser};
use cel::{Context, Value};

use crate::attribute::Attribute;
use check::Check;
use meter::Meter;

/// The longest text that is read. Envoy takes 100 000 characters.
const MOST_BYTES: usize = 16 * 1024;
/// How deep expressions nest, as on Envoy.
const MOST_LEVELS: u16 = 32;

/// The stack for reading and for deep expressions. A text may nest thousands of levels before they are counted, and each
/// takes kilobytes.
const STACK: usize = 64 << 20;
/// How many nodes deep an expression may be to be evaluated on the stack of whoever asks, where a guest is already. That
/// is enough for `request.method == 'GET' && request.path == '/'`.
const MOST_INLINE: usize = 4;

/// Finds an attribute by its path.
pub(crate) type Lookup<'a> = &'a dyn Fn(&[&[u8]]) -> Option<Attribute>;

/// An expression that was read and checked.
#[derive(Debug)]
pub(crate) struct Expression {
    tree: Tree,
    /// What it names at the top: attributes, and variables of its own.
    roots: BTreeSet<String>,
    /// Every name or text in it that may be a member of an attribute.
    members: BTreeSet<String>,
    /// The nodes of its longest branch.
    deepest: usize,
}

/// Why an evaluation has no result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It went wrong, with a text that holds no value.
    Evaluation(String),
    /// The value has no form in which plugins could read it.
    Shape,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        if text.len() > MOST_BYTES {
            return Err(format!("it has {} bytes, of which {MOST_BYTES} are allowed", text.len()));
        }
        on_large_stack(|| Self::parse(text)).flatten()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let parser = Parser::new().max_recursion_depth(MOST_LEVELS);
        let mut tree = parser.parse(text).map_err(|errors| unreadable(&errors))?;
        let (mut roots, mut members, mut deepest) = (BTreeSet::new(), BTreeSet::new(), 0);
        let mut check = Check { roots: &mut roots, members: &mut members, depth: 0, deepest: &mut deepest };
        check.expression(&tree, 1)?;
        guard::expression(&mut tree);
        Ok(Self { tree, roots, members, deepest })
    }

    /// Evaluates it over the attributes that `lookup` finds, for no longer than `most`, and gives the value as plugins
    /// read it.
    ///
    /// # Errors
    /// When it goes wrong or wants too much.
    pub(crate) fn evaluate(&self, lookup: Lookup<'_>, most: Duration) -> Result<Vec<u8>, Failure> {
        let meter = Meter::new(most);
        let find = |root: &String| {
            let value = attributes::value(lookup, &mut vec![root.as_bytes()], &self.members)?;
            Some((root.clone(), value))
        };
        let variables: Vec<_> = self.roots.iter().filter_map(find).collect();
        if self.deepest <= MOST_INLINE {
            return self.resolve(variables, meter);
        }
        let resolved = on_large_stack(|| self.resolve(variables, meter));
        resolved.unwrap_or_else(|error| Err(Failure::Evaluation(error)))
    }

    fn resolve(&self, variables: Vec<(String, Box<dyn Val>)>, meter: Meter) -> Result<Vec<u8>, Failure> {
        let mut context = Context::with_env(Arc::clone(&functions::ENVIRONMENT));
        context.add_variable_as_val(meter::NAME, Box::new(meter.clone()));
        for (name, value) in variables {
            context.add_variable_as_val(name, value);
        }
        let value = Value::resolve_val(&self.tree, &context);
        // An error inside of `||` may be lost; that there was too much is not.
        if let Some(excess) = meter.excess() {
            return Err(Failure::Evaluation(excess.to_owned()));
        }
        let value = value.map_err(|error| Failure::Evaluation(result::told(&error)))?;
        result::encode(value.as_ref()).ok_or(Failure::Shape)
    }
}

/// Where a text cannot be read. The library's own words quote the text, which may hold a secret, once for each error.
fn unreadable(errors: &ParseErrors) -> String {
    match errors.errors.first() {
        Some(ParseError { pos: (line, column), .. }) => {
            format!("it cannot be read from line {line} column {column} on")
        }
        None => "it cannot be read".to_owned(),
    }
}

/// Runs `work` on a stack that it cannot exhaust.
///
/// # Errors
/// When the system gives no thread, or `work` panics where panics unwind; no input is known that lets it.
fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let thread = thread.map_err(|error| format!("the system gives no thread for it: {error}"))?;
        thread.join().map_err(|_| "the library for expressions has failed on it".to_owned())
    })
}
