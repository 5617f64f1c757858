//! Takes a configuration apart: global settings, and for each rule its conditions and settings.

use super::conditions::{Conditions, MATCH_KEYS};
use crate::config::{Faults, Node, found, joined, key_step, nearest};

pub(super) struct Split {
    pub(super) global: Option<Node>,
    pub(super) rules: Vec<Part>,
    pub(super) faults: Faults,
    pub(super) warnings: Vec<String>,
}

/// A rule, without those that have faulty conditions.
pub(super) struct Part {
    pub(super) path: String,
    pub(super) conditions: Conditions,
    pub(super) settings: Node,
}

pub(super) fn split(node: Node) -> Split {
    let mut split = Split { global: None, rules: Vec::new(), faults: Faults::default(), warnings: Vec::new() };
    let Node::Map(mut settings) = node else {
        // The plugin's own parser says what it takes instead.
        split.global = Some(node);
        return split;
    };
    let mut rules = None;
    settings.retain_mut(|(key, value)| {
        match key.as_str() {
            "_rules_" => rules = Some(std::mem::replace(value, Node::Null)),
            // The console of Higress adds it; it is no setting.
            "_plugin_id_" => {}
            key if MATCH_KEYS.contains(&key) => {
                split.warnings.push(joined(&["$.", key, ": no effect outside `_rules_`"]));
            }
            key if key.starts_with('_') && nearest(key, &["_rules_"]).is_some() => {
                split.faults.push(joined(&["$", &key_step(key)]), "unknown key; did you mean `_rules_`?");
            }
            _ => return true,
        }
        false
    });
    match rules {
        None => split.global = Some(Node::Map(settings)),
        Some(Node::List(rules)) if rules.is_empty() && settings.is_empty() => {
            let allowed = "found an empty list and no global settings, so the plugin would never act; \
                           allowed: at least one rule, or leave `_rules_` out";
            split.faults.push("$._rules_", allowed);
        }
        Some(Node::List(rules)) => {
            // A configuration of rules only has no global settings: other requests pass the plugin by.
            if !settings.is_empty() {
                split.global = Some(Node::Map(settings));
            }
            for (index, rule) in rules.into_iter().enumerate() {
                split.add_rule(joined(&["$._rules_[", &index.to_string(), "]"]), rule);
            }
        }
        Some(other) => {
            split.faults.push("$._rules_", joined(&["found ", &found(&other, false), ", allowed: a list of rules"]));
        }
    }
    split
}

impl Split {
    fn add_rule(&mut self, path: String, rule: Node) {
        let Node::Map(mut settings) = rule else {
            let found = found(&rule, false);
            self.faults.push(path, joined(&["found ", &found, ", allowed: a map with conditions and settings"]));
            return;
        };
        let conditions = Conditions::take(&mut settings, &path, &mut self.faults);
        self.rules.push(Part { path, conditions, settings: Node::Map(settings) });
    }
}
