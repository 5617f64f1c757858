//! What the plugin gets: `defaultConfig` and `matchRules` as one JSON object, as Higress's controller makes it.

use serde_json::{Map, Value};

use super::rule;
use crate::bootstrap::document::Message;

/// The configuration that a plugin gets.
///
/// How the fields of a manifest make it, odd cases included:
///
/// - `pluginConfig`, even when empty, is the configuration; `defaultConfig`, `defaultConfigDisable` and `matchRules`
///   then count for nothing.
/// - Otherwise `defaultConfig` is, unless `defaultConfigDisable` drops it, with the rules in its key `_rules_`, over one
///   of the same name.
/// - Rules in `matchRules` that are all switched off still make an absent configuration an empty object.
/// - With `defaultConfigDisable` and no rule left the plugin does not run at all.
#[derive(Clone, Debug, PartialEq)]
pub enum Configuration {
    /// The manifest has none; the plugin starts with an empty one.
    Absent,
    /// This object, as JSON.
    Object(Map<String, Value>),
    /// The plugin does not run.
    Disabled,
}

impl Configuration {
    /// The bytes that the plugin reads; `None` when it does not run.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Absent => Some(Vec::new()),
            Self::Object(object) => Some(Value::Object(object.clone()).to_string().into_bytes()),
            Self::Disabled => None,
        }
    }

    pub(super) fn read(spec: &Message<'_>) -> Self {
        let default_disabled = spec.get("defaultConfigDisable").is_some_and(|it| it.flag());
        let default = spec.get("defaultConfig").map(|it| it.json_object());
        let entries = spec.get("matchRules").map(|it| it.items()).unwrap_or_default();
        let rules: Vec<Value> = entries.iter().filter_map(|it| it.message(rule::read)).collect();
        if let Some(whole) = spec.get("pluginConfig") {
            if default.is_some() || !entries.is_empty() {
                whole.warn("is all that the plugin gets: `defaultConfig` and `matchRules` have no effect beside it");
            }
            return Self::Object(whole.json_object());
        }
        if default_disabled && rules.is_empty() {
            return Self::Disabled;
        }
        let mut object = if default_disabled { None } else { default };
        if !entries.is_empty() {
            let object = object.get_or_insert_default();
            if !rules.is_empty() {
                object.insert("_rules_".to_owned(), rules.into());
            }
        }
        object.map_or(Self::Absent, Self::Object)
    }
}
