//! A rule in the plugin's own words.

use super::limit::RawLimit;
use crate::limit::{Algorithm, Limit};
use crate::rule::{Cost, Missing, Rule, Tier};
use crate::subject::{Pattern, Source};
use plugin_core::prelude::*;

/// One of `rules`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawRule {
    pub(super) name: String,
    #[serde(default)]
    by: Vec<SourceName>,
    limits: Vec<RawLimit>,
    #[serde(default)]
    overrides: Vec<Override>,
    missing: Option<MissingName>,
    #[serde(default)]
    allow: Vec<String>,
    #[serde(default)]
    deny: Vec<String>,
    cost: Option<u64>,
    cost_header: Option<HeaderName>,
    max_cost: Option<u64>,
    #[serde(default)]
    shadow: bool,
}

/// Other limits for some values.
#[derive(Debug, Deserialize)]
struct Override {
    value: String,
    limits: Vec<RawLimit>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum SourceName {
    Header(HeaderName),
    Query(String),
    Cookie(String),
    Consumer,
    ClientAddress,
    Route,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum MissingName {
    Skip,
    Refuse,
    Shared,
    ClientAddress,
}

/// What a cost header may say at most, unless the configuration says otherwise.
const MAX_COST: u64 = 100;

impl RawRule {
    pub(super) fn compile(&self, path: &str, algorithm: Algorithm, faults: &mut Vec<String>) -> Rule {
        if self.name.is_empty() {
            faults.push(format!(
                "{path}.name: found an empty string, allowed: a name, which is part of the keys in Redis"
            ));
        }
        let sources: Vec<Source> = self.by.iter().map(SourceName::source).collect();
        let only = match sources.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        let mut pattern = |path: String, text: &str| {
            let pattern = match only {
                Some(source) if source.is_address() => Pattern::network(text),
                Some(_) => Pattern::parse(text),
                None => {
                    faults.push(format!("{path}: values can be named only where `by` has exactly one source"));
                    return Pattern::Any;
                }
            };
            pattern.unwrap_or_else(|allowed| {
                faults.push(format!("{path}: found {text:?}, {allowed}"));
                Pattern::Any
            })
        };
        let mut list = |key: &str, texts: &[String]| {
            let patterns =
                texts.iter().enumerate().map(|(index, text)| pattern(format!("{path}.{key}[{index}]"), text));
            patterns.collect::<Vec<_>>()
        };
        let (allow, deny) = (list("allow", &self.allow), list("deny", &self.deny));
        let values = self.overrides.iter().enumerate();
        let values = values.map(|(index, other)| pattern(format!("{path}.overrides[{index}].value"), &other.value));
        let values: Vec<Pattern> = values.collect();
        let mut tiers = Vec::with_capacity(values.len().saturating_add(1));
        for (index, (pattern, other)) in values.into_iter().zip(&self.overrides).enumerate() {
            let path = format!("{path}.overrides[{index}]");
            tiers.push(Tier { pattern, limits: limits(&path, &other.limits, algorithm, faults) });
        }
        tiers.push(Tier { pattern: Pattern::Any, limits: limits(path, &self.limits, algorithm, faults) });
        let missing = match self.missing {
            Some(_) if sources.is_empty() => {
                faults.push(format!("{path}.missing: of no use without `by`: nothing can be missing"));
                Missing::Skip
            }
            missing => missing.map_or(Missing::Skip, MissingName::missing),
        };
        let cost = self.cost(path, faults);
        Rule { name: self.name.clone(), sources, missing, allow, deny, tiers, cost, shadow: self.shadow }
    }

    fn cost(&self, path: &str, faults: &mut Vec<String>) -> Cost {
        let default = self.cost.unwrap_or(1);
        if default > crate::limit::MAX_COUNT {
            faults.push(format!("{path}.cost: found {default}, allowed: up to {}", crate::limit::MAX_COUNT));
        }
        match &self.cost_header {
            Some(_) if self.max_cost == Some(0) => {
                faults.push(format!("{path}.maxCost: found 0, allowed: at least 1, which is the least price"));
                Cost::Units(default)
            }
            Some(name) => Cost::Header { name: name.to_string(), default, max: self.max_cost.unwrap_or(MAX_COST) },
            None => {
                if self.max_cost.is_some() {
                    faults.push(format!("{path}.maxCost: of no use without `costHeader`"));
                }
                Cost::Units(default)
            }
        }
    }
}

fn limits(path: &str, raw: &[RawLimit], algorithm: Algorithm, faults: &mut Vec<String>) -> Vec<Limit> {
    if raw.is_empty() {
        faults.push(format!("{path}.limits: found an empty list, allowed: at least one limit"));
    }
    let mut limits: Vec<Limit> = Vec::with_capacity(raw.len());
    for (index, raw) in raw.iter().enumerate() {
        let path = format!("{path}.limits[{index}]");
        let limit = raw.compile(&path, algorithm, faults);
        // They would share a key.
        if limits.iter().any(|other| other.algorithm == limit.algorithm && other.window == limit.window) {
            faults.push(format!(
                "{path}: another limit before it has the same algorithm and the same time; keep the lower"
            ));
        }
        limits.push(limit);
    }
    limits
}

impl SourceName {
    fn source(&self) -> Source {
        match self {
            Self::Header(name) => Source::Header(name.to_string()),
            Self::Query(name) => Source::Query(name.clone()),
            Self::Cookie(name) => Source::Cookie(name.clone()),
            Self::Consumer => Source::Consumer,
            Self::ClientAddress => Source::ClientAddress,
            Self::Route => Source::Route,
        }
    }
}

impl MissingName {
    fn missing(self) -> Missing {
        match self {
            Self::Skip => Missing::Skip,
            Self::Refuse => Missing::Refuse,
            Self::Shared => Missing::Shared,
            Self::ClientAddress => Missing::ClientAddress,
        }
    }
}
