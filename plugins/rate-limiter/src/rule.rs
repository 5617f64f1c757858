//! The rules of a configuration, and what they make of a request: whom it counts for, under which limits.

use crate::decide::Bucket;
use crate::key::{Digest, Keys};
use crate::limit::Limit;
use crate::subject::{Addresses, Facts, Pattern, Source, Value};

/// Limits for subjects of one kind.
#[derive(Debug)]
pub struct Rule {
    /// Its name in keys, headers, metrics and logs.
    pub name: String,
    /// What the subject is made of; empty if all requests count together.
    pub sources: Vec<Source>,
    /// What becomes of a request that lacks a source.
    pub missing: Missing,
    /// Subjects without limits.
    pub allow: Vec<Pattern>,
    /// Subjects that are refused.
    pub deny: Vec<Pattern>,
    /// The first whose pattern matches holds.
    pub tiers: Vec<Tier>,
    /// What a request costs.
    pub cost: Cost,
    /// Counts and reports, but refuses nobody.
    pub shadow: bool,
}

/// Limits for some values of a subject.
#[derive(Debug)]
pub struct Tier {
    /// For which values.
    pub pattern: Pattern,
    /// All of them hold.
    pub limits: Vec<Limit>,
}

/// What becomes of a request that lacks a source of a rule's subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// The rule has nothing to do with it.
    #[default]
    Skip,
    /// It is refused.
    Refuse,
    /// All such requests count together.
    Shared,
    /// It counts for the client's address.
    ClientAddress,
}

/// What a request costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cost {
    /// Always so many units.
    Units(u64),
    /// What a header says, if that is a whole number from 1 to `max`; otherwise `default`.
    Header {
        /// The header.
        name: String,
        /// Units without it.
        default: u64,
        /// More than that is not believed.
        max: u64,
    },
}

/// All rules of one configuration.
#[derive(Debug)]
pub struct Rules {
    /// In the order written.
    pub rules: Vec<Rule>,
    /// They come from the `rule_items` of Higress's `cluster-key-rate-limit`: all have one name, and what `limit_by_header`
    /// and the like count of a value is not what `limit_by_per_header` and the like count of it.
    pub items: bool,
    /// How client addresses are found.
    pub addresses: Addresses,
}

/// A request under the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// No rule has anything to do with it.
    Nothing,
    /// It is refused without being counted, by the rule of that position.
    Denied(usize, Denial),
    /// It counts.
    Counts(Query),
}

/// Why a request is refused without being counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The subject is on the rule's deny list.
    Listed,
    /// The request lacks a source and the rule wants it.
    Missing,
}

/// What is to be decided for a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Redis keys, one for each bucket, all in one slot of a Redis Cluster.
    pub keys: Vec<String>,
    /// Limits and costs.
    pub buckets: Vec<Bucket>,
    /// The rule of each bucket, by its position.
    pub rules: Vec<usize>,
}

/// Whom a request counts for under one rule.
enum Subject {
    None,
    Denied(Denial),
    Of(Digest, Option<Value>),
}

impl Rules {
    /// What the rules make of a request. `scope` tells this configuration from others in the same Redis.
    pub fn ask(&self, facts: &dyn Facts, scope: &str) -> Asked {
        let mut query = Query::default();
        // Rules that may hold together keep their keys together, so that one script can decide over all of them. Items
        // always do: whoever shares their name counts with them, with however many items.
        let keys = Keys::new(scope, self.items || self.rules.len() > 1);
        for (position, rule) in self.rules.iter().enumerate() {
            match rule.subject(facts, &self.addresses) {
                Subject::None => {}
                Subject::Denied(_) if rule.shadow => {}
                Subject::Denied(denial) => return Asked::Denied(position, denial),
                Subject::Of(mut digest, value) => {
                    let Some(tier) = rule.tier(value.as_ref()) else { continue };
                    if self.items && matches!(tier.pattern, Pattern::Exact(_)) {
                        digest.add("exact");
                    }
                    let cost = rule.cost.of(facts);
                    if cost > 0 && !rule.allows(value.as_ref()) {
                        // What has one name is one rule to those who count and tell.
                        let rule_told = if self.items { 0 } else { position };
                        for limit in &tier.limits {
                            let key = keys.key(&rule.name, limit, &digest);
                            query.add(key, Bucket { limit: *limit, cost, shadow: rule.shadow }, rule_told);
                        }
                    }
                }
            }
        }
        if query.keys.is_empty() { Asked::Nothing } else { Asked::Counts(query) }
    }
}

impl Query {
    /// Items may limit one subject twice in the same time: they count together, and the lower limit holds.
    fn add(&mut self, key: String, bucket: Bucket, rule: usize) {
        let twin = self.keys.iter().zip(&mut self.buckets).find(|(other, _)| **other == key);
        if let Some((_, other)) = twin {
            if bucket.limit.count < other.limit.count {
                *other = bucket;
            }
            return;
        }
        self.keys.push(key);
        self.buckets.push(bucket);
        self.rules.push(rule);
    }
}

impl Rule {
    fn subject(&self, facts: &dyn Facts, addresses: &Addresses) -> Subject {
        let mut digest = Digest::new();
        digest.add(&self.name);
        let mut only = None;
        for source in &self.sources {
            let (kind, name) = source.label();
            digest.add(kind).add(name);
            let value = match (source.value(facts, addresses), self.missing) {
                (Some(value), _) => value,
                (None, Missing::Skip) => return Subject::None,
                (None, Missing::Refuse) => return Subject::Denied(Denial::Missing),
                // What is shared is told from any value that a client could send.
                (None, Missing::Shared) => {
                    digest.add("missing");
                    continue;
                }
                (None, Missing::ClientAddress) => {
                    let Some(value) = Source::ClientAddress.value(facts, addresses) else { return Subject::None };
                    digest.add("client");
                    digest.add(&value.text);
                    continue;
                }
            };
            digest.add("value").add(&value.text);
            only = Some(value);
        }
        // Lists and patterns are about the one value of a subject; the configuration sees to it that there is one.
        let only = only.filter(|_| self.sources.len() == 1);
        if only.as_ref().is_some_and(|value| self.deny.iter().any(|pattern| value.is(pattern))) {
            return Subject::Denied(Denial::Listed);
        }
        Subject::Of(digest, only)
    }

    fn tier(&self, value: Option<&Value>) -> Option<&Tier> {
        self.tiers.iter().find(|tier| match value {
            Some(value) => value.is(&tier.pattern),
            None => matches!(tier.pattern, Pattern::Any),
        })
    }

    fn allows(&self, value: Option<&Value>) -> bool {
        value.is_some_and(|value| self.allow.iter().any(|pattern| value.is(pattern)))
    }
}

impl Value {
    fn is(&self, pattern: &Pattern) -> bool {
        pattern.matches(&self.text, self.address)
    }
}

impl Cost {
    fn of(&self, facts: &dyn Facts) -> u64 {
        match self {
            Self::Units(units) => *units,
            Self::Header { name, default, max } => {
                let given = facts.header(name).and_then(|text| text.trim().parse().ok());
                given.filter(|units| (1..=*max).contains(units)).unwrap_or(*default)
            }
        }
    }
}
