//! `console.yaml`: what consoles and Chinese readers need to know of a plugin beside what its types say.

use crate::field::{Field, is_below};
use serde::Deserialize;
use serde_yaml::Mapping;
use std::collections::BTreeMap;
use std::path::Path;

/// Where Higress's console lists plugins. It shows none of other categories.
const CATEGORIES: [&str; 8] = ["route", "ai", "auth", "security", "traffic", "transform", "o11y", "custom"];

const PHASES: [&str; 4] = ["AUTHN", "AUTHZ", "STATS", "UNSPECIFIED_PHASE"];

/// The contents of a plugin's `console.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Console {
    /// Where consoles list it: `route`, `ai`, `auth`, `security`, `traffic`, `transform`, `o11y` or `custom`.
    pub category: String,
    /// When it runs: `AUTHN`, `AUTHZ`, `STATS` or `UNSPECIFIED_PHASE`, which is after these.
    pub phase: String,
    /// The higher, the earlier within its phase.
    pub priority: i32,
    /// Its English name.
    pub title: String,
    /// Its Chinese name.
    pub title_zh: String,
    /// What it does, in one Chinese sentence. The English one is in `Cargo.toml`.
    pub description_zh: String,
    /// The Chinese texts of all fields by path, in the order that forms and tables have.
    fields: Mapping,
    /// Paths with the same fields as another, and its texts: `response[]: request[]`.
    #[serde(default)]
    same: BTreeMap<String, String>,
}

/// The Chinese texts of a field.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Texts {
    /// A few words, for forms.
    pub(crate) title: String,
    /// A sentence or two.
    pub(crate) text: String,
}

impl Console {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is missing or not such a file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_yaml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Where the texts for `path` stand, if they stand elsewhere.
    pub(crate) fn source(&self, path: &str) -> Option<String> {
        if self.fields.contains_key(path) {
            return None;
        }
        let known = self.same.iter().filter(|(there, _)| is_below(path, there));
        let (there, here) = known.max_by_key(|(there, _)| there.len())?;
        let elsewhere = format!("{here}{}", path.strip_prefix(there.as_str())?);
        let elsewhere = elsewhere.trim_start_matches('.').to_owned();
        Some(self.source(&elsewhere).unwrap_or(elsewhere))
    }

    /// The field whose parts those of `path` are like.
    pub(crate) fn like(&self, path: &str) -> Option<&str> {
        let (_, here) = self.same.iter().find(|(there, _)| there.trim_end_matches("[]") == path)?;
        (!here.is_empty()).then_some(here)
    }

    /// The Chinese texts of a field.
    pub(crate) fn texts(&self, path: &str) -> Option<Texts> {
        let source = self.source(path);
        self.fields.get(source.as_deref().unwrap_or(path)).and_then(|texts| Texts::deserialize(texts).ok())
    }

    /// The place of a field among all, to sort by.
    pub(crate) fn place(&self, path: &str) -> usize {
        let source = self.source(path);
        let path = source.as_deref().unwrap_or(path);
        self.fields.keys().position(|known| known == path).unwrap_or(usize::MAX)
    }

    /// What is missing here or there, a line for each.
    pub(crate) fn faults(&self, fields: &[Field]) -> String {
        let mut faults = Vec::new();
        for (key, found, known) in [("category", &self.category, &CATEGORIES[..]), ("phase", &self.phase, &PHASES[..])]
        {
            if !known.contains(&found.as_str()) {
                faults.push(format!("`{key}` is `{found}`, allowed: {}", known.join(", ")));
            }
        }
        for field in fields {
            if field.description().is_empty() {
                faults.push(format!("`{}` has no doc comment", field.path));
            }
            if self.texts(&field.path).is_none() {
                faults.push(format!("`{}` has no `title` and `text` in console.yaml", field.path));
            }
        }
        for path in self.fields.keys().filter_map(serde_yaml::Value::as_str) {
            if !fields.iter().any(|field| field.path == path && self.source(path).is_none()) {
                faults.push(format!("the configuration has no `{path}` of its own; leave it out of console.yaml"));
            }
        }
        for path in self.same.iter().flat_map(|(there, here)| [there, here]) {
            if !fields.iter().any(|field| is_below(&field.path, path)) {
                faults.push(format!("the configuration has nothing below `{path}`, which `same` names"));
            }
        }
        faults.join("\n")
    }
}
