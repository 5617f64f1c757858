//! Which configuration holds for a request: the rules of a Higress configuration and the global settings beside them.
//!
//! ```json
//! {"limit": 100, "_rules_": [{"limit": 10, "_match_route_": ["shop/checkout"]}]}
//! ```
//!
//! The first rule whose conditions all hold wins. If none does, the global settings hold, if there are any.
//! A rule does not inherit global settings.
//!
//! | Key | Holds if |
//! |---|---|
//! | `_match_route_` | the route's name is one of these |
//! | `_match_route_prefix_` | the route's name begins with one of these |
//! | `_match_domain_` | the host, without port and case, is one of these: `name`, `*suffix`, `prefix*` or `*` |
//! | `_match_service_` | the upstream is one of these: `fqdn` or `fqdn:port` |
//!
//! What differs from wasm-go, on purpose:
//!
//! * Conditions of one rule must all hold. (wasm-go ignores the domain beside a route.)
//! * Domains are compared without regard to case.
//! * What could never match is refused: a domain with a port or with `*` in its middle, an empty list, a rule without
//!   conditions.
//! * A fault in the global settings is a fault, even if there are rules.
//! * One faulty rule refuses the whole configuration, so that no request silently gets other settings than written.
//!   Only if the plugin already runs with a rule of the same conditions, that last good version stays, with a warning.

mod conditions;
mod domain;
mod facts;
mod service;
mod split;

use std::fmt;

pub use self::facts::MatchFacts;

use self::conditions::Conditions;
use self::facts::Asked;
use self::split::{Part, Split, split};
use crate::config::{Faults, Node, joined};

/// The compiled configuration of a plugin, one `T` for each rule and one for the global settings.
#[derive(Debug)]
pub struct RuleSet<T> {
    global: Option<T>,
    rules: Vec<T>,
    conditions: Vec<Conditions>,
}

/// The configuration that holds for a request.
#[derive(Debug)]
pub struct Found<'a, T> {
    /// The configuration.
    pub value: &'a T,
    /// The position of the rule that it comes from in `_rules_`, none for the global settings. See [`RuleSet::label`].
    pub position: Option<usize>,
}

/// Names a rule in a log line, such as `_rules_[1] (domain *.example.com)`.
#[derive(Clone, Copy, Debug)]
pub struct Label<'a> {
    position: usize,
    conditions: &'a Conditions,
}

// === impl RuleSet ===

impl<T: Clone> RuleSet<T> {
    /// Compiles a configuration. `parse` makes the plugin's own type of its settings; it never sees the keys of rules.
    ///
    /// `previous` is what the plugin runs with now, if anything: see the module's text on faulty rules.
    /// Returns warnings too: parts of the configuration that have no effect, and last good versions that stay.
    ///
    /// # Errors
    ///
    /// Every fault of the global settings and of all rules.
    pub fn compile(
        node: Node,
        parse: &dyn Fn(&Node) -> Result<T, Faults>,
        previous: Option<&RuleSet<T>>,
    ) -> Result<(RuleSet<T>, Vec<String>), Faults> {
        let Split { global, rules: parts, mut faults, mut warnings } = split(node);
        let global = global.and_then(|part| parse(&part).map_err(|part| faults.extend_under("$", part)).ok());
        let mut refused = !faults.is_empty();
        let mut rules = Vec::with_capacity(parts.len());
        let mut conditions: Vec<Conditions> = Vec::with_capacity(parts.len());
        for Part { path, conditions: these, settings } in parts {
            if let Some(twin) = conditions.iter().position(|other| *other == these) {
                warnings.push(joined(&[
                    &path,
                    ": never used: $._rules_[",
                    &twin.to_string(),
                    "] has the same conditions and comes first",
                ]));
            }
            match parse(&settings) {
                Ok(rule) => rules.push(rule),
                Err(part) => {
                    faults.extend_under(&path, part);
                    let last_good = previous.and_then(|previous| previous.with_conditions(&these));
                    refused |= last_good.is_none();
                    rules.extend(last_good.cloned());
                }
            }
            conditions.push(these);
        }
        if refused {
            return Err(faults);
        }
        for fault in &faults {
            warnings.push(joined(&[&fault.path, ": ", &fault.message, "; the last good version of this rule stays"]));
        }
        Ok((RuleSet { global, rules, conditions }, warnings))
    }
}

impl<T> RuleSet<T> {
    /// The configuration that holds for a request, or none if the plugin has nothing to do with it.
    ///
    /// Asks only for the facts it needs, each at most once, and none at all if there are no rules.
    pub fn find(&self, facts: &dyn MatchFacts) -> Option<Found<'_, T>> {
        let asked = Asked::new(facts);
        match self.conditions.iter().position(|conditions| conditions.hold(&asked)) {
            Some(position) => Some(Found { value: self.rules.get(position)?, position: Some(position) }),
            None => Some(Found { value: self.global.as_ref()?, position: None }),
        }
    }

    fn with_conditions(&self, wanted: &Conditions) -> Option<&T> {
        let position = self.conditions.iter().position(|conditions| conditions == wanted)?;
        self.rules.get(position)
    }

    /// What to call the rule at a position, in a log line.
    pub fn label(&self, position: usize) -> Option<Label<'_>> {
        self.conditions.get(position).map(|conditions| Label { position, conditions })
    }

    /// Every configuration in the set, the global one first.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.global.iter().chain(&self.rules)
    }
}

// === impl Label ===

impl Label<'_> {
    /// The rule's conditions alone, such as `domain *.example.com`.
    pub fn conditions(&self) -> String {
        self.conditions.to_string()
    }
}

impl fmt::Display for Label<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "_rules_[{}] ({})", self.position, self.conditions)
    }
}
