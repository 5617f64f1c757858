//! A rule in the plugin's own words.

use super::limit::RawLimit;
use super::{Faults, at};
use crate::limit::{Algorithm, Limit};
use crate::rule::{Cost, Missing, Rule, Tier};
use crate::subject::{Pattern, Source};
use plugin_core::config::quoted;
use plugin_core::prelude::*;

/// One of `rules`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawRule {
    /// Its name in keys, headers and metrics. Another name begins to count anew.
    #[schemars(length(min = 1))]
    pub(super) name: String,
    /// What counts together: `header`, `query` and `cookie` with a name, `consumer`, `clientAddress`, `route`; several make
    /// a combination. Without it, all requests together.
    #[serde(default)]
    by: Vec<SourceName>,
    /// All of them hold.
    #[schemars(length(min = 1))]
    limits: Vec<RawLimit>,
    /// Other limits for some values.
    #[serde(default)]
    overrides: Vec<Override>,
    /// A request without a source: `skip` the rule, `refuse` it, count all such requests together (`shared`), or by
    /// `clientAddress`.
    #[schemars(extend("default" = "skip"))]
    missing: Option<MissingName>,
    /// Values without limits: a value, `regexp:` with an expression, or a network for addresses.
    #[serde(default)]
    allow: Vec<String>,
    /// Values that get 403.
    #[serde(default)]
    deny: Vec<String>,
    /// Units that a request takes. `0` does not count.
    #[schemars(range(max = 1_000_000_000), extend("default" = 1))]
    cost: Option<u64>,
    /// A request header that says the cost, from 1 up. It must come from a plugin that runs before and replaces what
    /// clients send.
    cost_header: Option<HeaderName>,
    /// A header that says more, or no whole number from 1 up, is not believed; `cost` holds.
    #[schemars(range(min = 1), extend("default" = 100))]
    max_cost: Option<u64>,
    /// Count and report, but refuse nobody.
    #[serde(default)]
    shadow: bool,
}

/// Other limits for some values.
#[derive(Debug, Deserialize, JsonSchema)]
struct Override {
    /// A value, as in `allow`.
    value: String,
    /// Its limits. All of them hold.
    #[schemars(length(min = 1))]
    limits: Vec<RawLimit>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum SourceName {
    /// A header, by its first value.
    Header(HeaderName),
    /// A parameter of the query, by its first value.
    Query(String),
    /// A cookie, by its first value.
    Cookie(String),
    Consumer,
    ClientAddress,
    Route,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
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
    pub(super) fn compile(&self, path: &str, algorithm: Algorithm, faults: &mut Faults) -> Rule {
        if self.name.is_empty() {
            faults.add(&[path, ".name: found an empty string, allowed: a name, which is part of the keys in Redis"]);
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
                    faults.add(&[&path, ": values can be named only where `by` has exactly one source"]);
                    return Pattern::Any;
                }
            };
            pattern.unwrap_or_else(|allowed| {
                faults.add(&[&path, ": found ", &quoted(text), ", ", &allowed]);
                Pattern::Any
            })
        };
        let mut list = |key: &str, texts: &[String]| {
            let patterns =
                texts.iter().enumerate().map(|(index, text)| pattern(at(&[path, ".", key].concat(), index), text));
            patterns.collect::<Vec<_>>()
        };
        let (allow, deny) = (list("allow", &self.allow), list("deny", &self.deny));
        let overrides = [path, ".overrides"].concat();
        let values = self.overrides.iter().enumerate();
        let values = values.map(|(index, other)| pattern([&at(&overrides, index), ".value"].concat(), &other.value));
        let values: Vec<Pattern> = values.collect();
        let mut tiers = Vec::with_capacity(values.len().saturating_add(1));
        for (index, (pattern, other)) in values.into_iter().zip(&self.overrides).enumerate() {
            let path = at(&overrides, index);
            tiers.push(Tier { pattern, limits: limits(&path, &other.limits, algorithm, faults) });
        }
        tiers.push(Tier { pattern: Pattern::Any, limits: limits(path, &self.limits, algorithm, faults) });
        let missing = match self.missing {
            Some(_) if sources.is_empty() => {
                faults.add(&[path, ".missing: of no use without `by`: nothing can be missing"]);
                Missing::Skip
            }
            missing => missing.map_or(Missing::Skip, MissingName::missing),
        };
        let cost = self.cost(path, faults);
        Rule { name: self.name.clone(), sources, missing, allow, deny, tiers, cost, shadow: self.shadow }
    }

    fn cost(&self, path: &str, faults: &mut Faults) -> Cost {
        let default = self.cost.unwrap_or(1);
        if default > crate::limit::MAX_COUNT {
            let (found, most) = (default.to_string(), crate::limit::MAX_COUNT.to_string());
            faults.add(&[path, ".cost: found ", &found, ", allowed: up to ", &most]);
        }
        match &self.cost_header {
            Some(_) if self.max_cost == Some(0) => {
                faults.add(&[path, ".maxCost: found 0, allowed: at least 1, which is the least price"]);
                Cost::Units(default)
            }
            Some(name) => Cost::Header { name: name.to_string(), default, max: self.max_cost.unwrap_or(MAX_COST) },
            None => {
                if self.max_cost.is_some() {
                    faults.add(&[path, ".maxCost: of no use without `costHeader`"]);
                }
                Cost::Units(default)
            }
        }
    }
}

fn limits(path: &str, raw: &[RawLimit], algorithm: Algorithm, faults: &mut Faults) -> Vec<Limit> {
    if raw.is_empty() {
        faults.add(&[path, ".limits: found an empty list, allowed: at least one limit"]);
    }
    let mut limits: Vec<Limit> = Vec::with_capacity(raw.len());
    for (index, raw) in raw.iter().enumerate() {
        let path = at(&[path, ".limits"].concat(), index);
        let limit = raw.compile(&path, algorithm, faults);
        // They would share a key.
        if limits.iter().any(|other| other.algorithm == limit.algorithm && other.window == limit.window) {
            faults.add(&[&path, ": another limit before it has the same algorithm and the same time; keep the lower"]);
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
