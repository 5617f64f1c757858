//! The rules of Higress's `cluster-key-rate-limit`, read as that plugin documents them.

use super::limit::{check, limit};
use super::{Faults, at};
use crate::limit::Algorithm;
use crate::rule::{Cost, Missing, Rule, Tier};
use crate::subject::{Pattern, Source};
use plugin_core::config::{Text, quoted};
use plugin_core::is_name;
use plugin_core::prelude::*;
use serde::de::IgnoredAny;

/// A limit for all requests.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Threshold {
    /// Requests per second. One of these limits is above 0.
    #[serde(default)]
    #[schemars(range(max = 1_000_000_000))]
    query_per_second: u64,
    /// Requests per minute.
    #[serde(default)]
    #[schemars(range(max = 1_000_000_000))]
    query_per_minute: u64,
    /// Requests per hour.
    #[serde(default)]
    #[schemars(range(max = 1_000_000_000))]
    query_per_hour: u64,
    /// Requests per day.
    #[serde(default)]
    #[schemars(range(max = 1_000_000_000))]
    query_per_day: u64,
}

/// One of `rule_items`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct RuleItem {
    /// The header whose value is compared with the keys. Exactly one of these fields is given.
    limit_by_header: Option<String>,
    /// The same for a parameter of the query.
    limit_by_param: Option<String>,
    /// The same for a cookie.
    limit_by_cookie: Option<String>,
    /// The same for the consumer. Whatever its value is.
    #[schemars(with = "Option<plugin_core::config::Node>")]
    limit_by_consumer: Option<IgnoredAny>,
    /// The header each of whose values counts on its own.
    limit_by_per_header: Option<String>,
    /// The same for a parameter of the query.
    limit_by_per_param: Option<String>,
    /// The same for a cookie.
    limit_by_per_cookie: Option<String>,
    /// The same for the consumer. Whatever its value is.
    #[schemars(with = "Option<plugin_core::config::Node>")]
    limit_by_per_consumer: Option<IgnoredAny>,
    /// The same for addresses: `from-remote-addr`, or `from-header-` with a header's name.
    limit_by_per_ip: Option<String>,
    /// What is limited, and how. Of several that fit, the first holds.
    #[schemars(length(min = 1))]
    limit_keys: Vec<LimitKey>,
}

/// One of `limit_keys`.
#[derive(Debug, Deserialize, JsonSchema)]
struct LimitKey {
    /// A value; for `limit_by_per_*` it is `*`, or `regexp:` with an expression; for addresses, an address or a
    /// network.
    key: Text,
    /// Requests per second. One of these limits is above 0.
    #[serde(default)]
    #[schemars(range(max = 1_000_000_000))]
    query_per_second: u64,
    /// Requests per minute.
    #[serde(default)]
    #[schemars(range(max = 1_000_000_000))]
    query_per_minute: u64,
    /// Requests per hour.
    #[serde(default)]
    #[schemars(range(max = 1_000_000_000))]
    query_per_hour: u64,
    /// Requests per day.
    #[serde(default)]
    #[schemars(range(max = 1_000_000_000))]
    query_per_day: u64,
}

const BY: &str = "limit_by_header, limit_by_param, limit_by_cookie, limit_by_consumer, limit_by_per_header, \
                  limit_by_per_param, limit_by_per_cookie, limit_by_per_consumer, limit_by_per_ip";

/// Which values the keys of an item may name.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Exact,
    PerValue,
    PerAddress,
}

impl Threshold {
    pub(super) fn compile(&self, name: &str, algorithm: Algorithm, faults: &mut Faults) -> Rule {
        let path = "$.global_threshold";
        let counts = [self.query_per_second, self.query_per_minute, self.query_per_hour, self.query_per_day];
        let tier = tier(path, Pattern::Any, counts, algorithm, faults);
        rule(name, Vec::new(), vec![tier])
    }
}

impl RuleItem {
    pub(super) fn compile(&self, path: &str, name: &str, algorithm: Algorithm, faults: &mut Faults) -> Rule {
        let source = self.source(path, faults);
        let kind = source.as_ref().map(|(kind, _)| *kind);
        if self.limit_keys.is_empty() {
            faults.add(&[path, ".limit_keys: found an empty list, allowed: at least one key with its limit"]);
        }
        let tiers = self.limit_keys.iter().enumerate().map(|(index, item)| {
            let path = at(&[path, ".limit_keys"].concat(), index);
            let pattern = match (kind, item.key.0.as_str()) {
                (Some(Kind::Exact), "") => Err("allowed: the value to limit".to_owned()),
                (Some(Kind::Exact) | None, key) => Ok(Pattern::Exact(key.to_owned())),
                (Some(Kind::PerAddress), key) => Pattern::network(key),
                (Some(Kind::PerValue), key) if key == "*" || key.starts_with("regexp:") => Pattern::parse(key),
                (Some(Kind::PerValue), _) => {
                    Err("allowed for `limit_by_per_*`: `*`, or `regexp:` with an expression".to_owned())
                }
            };
            let pattern = pattern.unwrap_or_else(|allowed| {
                faults.add(&[&path, ".key: found ", &quoted(&item.key.0), ", ", &allowed]);
                Pattern::Any
            });
            let counts = [item.query_per_second, item.query_per_minute, item.query_per_hour, item.query_per_day];
            tier(&path, pattern, counts, algorithm, faults)
        });
        let tiers = tiers.collect();
        rule(name, source.map(|(_, source)| source).into_iter().collect(), tiers)
    }

    /// What the item limits by. As in Higress, an empty name is none, but for consumers it is the usual one.
    fn source(&self, path: &str, faults: &mut Faults) -> Option<(Kind, Source)> {
        let named = |key: &'static str, kind: Kind, name: &Option<String>, source: fn(String) -> Source| {
            let name = name.as_ref().filter(|name| !name.is_empty())?;
            Some((key, kind, source(name.clone())))
        };
        let header = |name: String| Source::Header(name.to_ascii_lowercase());
        let consumer = |key, kind, given: &Option<IgnoredAny>| given.as_ref().map(|_| (key, kind, Source::Consumer));
        let given = [
            named("limit_by_header", Kind::Exact, &self.limit_by_header, header),
            named("limit_by_param", Kind::Exact, &self.limit_by_param, Source::Query),
            named("limit_by_cookie", Kind::Exact, &self.limit_by_cookie, Source::Cookie),
            consumer("limit_by_consumer", Kind::Exact, &self.limit_by_consumer),
            named("limit_by_per_header", Kind::PerValue, &self.limit_by_per_header, header),
            named("limit_by_per_param", Kind::PerValue, &self.limit_by_per_param, Source::Query),
            named("limit_by_per_cookie", Kind::PerValue, &self.limit_by_per_cookie, Source::Cookie),
            consumer("limit_by_per_consumer", Kind::PerValue, &self.limit_by_per_consumer),
            named("limit_by_per_ip", Kind::PerAddress, &self.limit_by_per_ip, Source::HeaderAddress),
        ];
        let mut given = given.into_iter().flatten();
        let (key, kind, source) = match (given.next(), given.next()) {
            (Some(only), None) => only,
            (first, _) => {
                let found = if first.is_some() { "more than one of them" } else { "none of them" };
                faults.add(&[path, ": found ", found, ", allowed: exactly one of ", BY]);
                return None;
            }
        };
        let source = match source {
            Source::HeaderAddress(from) => match from.strip_prefix("from-header-") {
                _ if from == "from-remote-addr" => Source::PeerAddress,
                Some(name) if is_name(name) => Source::HeaderAddress(name.to_ascii_lowercase()),
                _ => {
                    let allowed = ", allowed: `from-remote-addr`, or `from-header-` with a header's name";
                    faults.add(&[path, ".", key, ": found ", &quoted(&from), allowed]);
                    return None;
                }
            },
            Source::Header(name) if !is_name(&name) => {
                faults.add(&[path, ".", key, ": found ", &quoted(&name), ", allowed: the name of a header"]);
                return None;
            }
            source => source,
        };
        Some((kind, source))
    }
}

fn rule(name: &str, sources: Vec<Source>, tiers: Vec<Tier>) -> Rule {
    let (missing, cost) = (Missing::Skip, Cost::Units(1));
    Rule { name: name.to_owned(), sources, missing, allow: Vec::new(), deny: Vec::new(), tiers, cost, shadow: false }
}

/// A count of 0 is no count, as in Higress.
fn tier(path: &str, pattern: Pattern, counts: [u64; 4], algorithm: Algorithm, faults: &mut Faults) -> Tier {
    const WINDOWS: [u64; 4] = [1000, 60_000, 3_600_000, 86_400_000];
    let given = counts.iter().zip(WINDOWS).filter(|(count, _)| **count > 0);
    let limits: Vec<_> = given.map(|(count, window)| limit(algorithm, *count, window, None)).collect();
    match limits.as_slice() {
        [limit] => check(path, limit, faults),
        _ => faults.add(&[
            path,
            ": found ",
            &limits.len().to_string(),
            " limits, allowed: one of query_per_second, query_per_minute, query_per_hour, query_per_day, above 0; to \
             have several hold at once, write `rules`",
        ]),
    }
    Tier { pattern, limits }
}
