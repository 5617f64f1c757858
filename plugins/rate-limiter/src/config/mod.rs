//! The configuration: the documents' keys, those of `cluster-key-rate-limit`, and our own, made into one limiter.

mod cluster_key;
mod faults;
mod limit;
mod policy;
mod redis;
mod reply;
mod rule;

use crate::RateLimiter;
use crate::engine::Engine;
use crate::limit::Algorithm;
use crate::reply::{Explain, Replies};
use crate::rule::{Cost, Missing, Rule, Rules, Tier};
use crate::subject::{Addresses, Network, Pattern};
use cluster_key::{RuleItem, Threshold};
use faults::Faults;
use limit::{AlgorithmName, check, limit};
use plugin_core::config::Text;
use plugin_core::prelude::*;
use policy::{Breaker, Lease};
pub(crate) use policy::{OnError, Policy};
use redis::Beside;
use reply::{Family, RawReply, Status};
use rule::RawRule;

/// All keys; which of them go together is checked here.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    /// Configurations with the same name count together. Without it, each plugin and each of its rules for routes or
    /// domains counts on its own.
    name: Option<String>,
    // Redis.
    /// The Redis service with its type, such as `redis.static` or `my-redis.dns`. Required without `cluster` and `redis`.
    service_name: Option<String>,
    /// Its port. Without it, `80` for `.static`, else `6379`.
    service_port: Option<u16>,
    /// An Envoy cluster by its own name, in place of `serviceName`.
    cluster: Option<String>,
    /// Redis user.
    username: Option<Text>,
    /// Redis password.
    password: Option<Text>,
    /// Milliseconds after which a request is decided without Redis.
    #[schemars(extend("default" = 1000))]
    timeout: Option<u32>,
    /// Redis database.
    #[schemars(extend("default" = 0))]
    database: Option<u32>,
    /// The same keys in one map.
    redis: Option<plugin_core::redis::Redis>,
    // What is limited: `qpm`, `rules`, or the other two.
    /// Requests per minute of the clock, all together. `0` blocks all.
    #[schemars(range(max = 1_000_000_000))]
    qpm: Option<u64>,
    /// Rules, see below. All that apply hold.
    #[schemars(length(min = 1))]
    rules: Option<Vec<RawRule>>,
    /// Rules of `cluster-key-rate-limit`, see below. All that fit hold.
    #[serde(rename = "rule_items")]
    #[schemars(length(min = 1))]
    rule_items: Option<Vec<RuleItem>>,
    /// One limit of `cluster-key-rate-limit` for all requests together, alone or beside its rules, see below.
    #[serde(rename = "global_threshold")]
    global_threshold: Option<Threshold>,
    // How.
    /// How limits count that do not say so themselves. `fixedWindow` if not given; `firstRequestWindow` with
    /// `rule_items` and `global_threshold`. See below.
    algorithm: Option<AlgorithmName>,
    /// Networks whose word on the client's address counts.
    #[serde(default)]
    trusted_proxies: Vec<TrustedNetwork>,
    /// The header that they append to. Goes with `trustedProxies`.
    #[schemars(extend("default" = "x-forwarded-for"))]
    address_header: Option<HeaderName>,
    /// IPv6 addresses that share so many bits are one client. `64` if not given; `128` with `rule_items`.
    ipv6_prefix: Option<Prefix>,
    // What clients get.
    /// The refusal. 429 with `Too many requests` if not given.
    reply: Option<RawReply>,
    /// Which headers tell clients of their quota, see below. `callTimeLeft` with `qpm`, else none, if not given.
    quota_headers: Option<Vec<Family>>,
    /// A request whose header holds the secret gets `x-rate-limit-explain`.
    explain: Option<RawExplain>,
    // When Redis fails, and how it is spared.
    /// What becomes of requests while Redis fails: `allow`, `deny` or `local`.
    #[schemars(extend("default" = "allow"))]
    on_error: Option<OnError>,
    /// The answer with `onError: deny`. 503 with `Rate limiter unavailable` if not given.
    error_reply: Option<RawReply>,
    /// With `onError: local`: how many workers (gateways times threads) share a limit. Each lets its part pass, at least
    /// one request.
    #[schemars(range(min = 1, max = 1_000_000), extend("default" = 1))]
    local_workers: Option<u64>,
    /// When Redis is no longer asked.
    #[serde(default)]
    breaker: Breaker,
    /// Requests taken ahead, see below. None if not given.
    lease: Option<Lease>,
    // Of `cluster-key-rate-limit`.
    /// The name of the rules of `cluster-key-rate-limit`, and required with them.
    #[serde(rename = "rule_name")]
    rule_name: Option<Text>,
    /// Whether to send the headers of `x-ratelimit`. Goes with `rule_items` or `global_threshold`.
    #[serde(rename = "show_limit_quota_header")]
    show_limit_quota_header: Option<bool>,
    /// The status of the refusal. `429` if not given. Goes with `rule_items` or `global_threshold`.
    #[serde(rename = "rejected_code")]
    rejected_code: Option<Status>,
    /// The body of the refusal. `Too many requests` if not given. Goes with `rule_items` or `global_threshold`.
    #[serde(rename = "rejected_msg")]
    rejected_msg: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct RawExplain {
    /// The header.
    header: HeaderName,
    /// What only trusted callers know.
    #[schemars(length(min = 1))]
    secret: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
struct TrustedNetwork(Network);

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(try_from = "u8")]
#[schemars(extend("maximum" = 128))]
struct Prefix(u8);

/// The name of the rule that `qpm` is.
const QPM: &str = "qpm";
const MINUTE: u64 = 60_000;

/// Which of the three vocabularies says what is limited.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Documents,
    ClusterKey,
    Own,
}

impl TryFrom<Settings> for RateLimiter {
    type Error = String;

    fn try_from(mut settings: Settings) -> Result<Self, String> {
        let mut faults = Faults::default();
        let form = settings.form(&mut faults);
        let rules = settings.rules(form, &mut faults);
        let replies = settings.replies(form, &mut faults);
        let policy = Policy::new(
            settings.on_error,
            settings.error_reply.take(),
            settings.local_workers,
            settings.breaker,
            settings.lease,
            &mut faults,
        );
        let beside = Beside {
            service_name: settings.service_name,
            service_port: settings.service_port,
            cluster: settings.cluster,
            username: settings.username.map(|text| text.0),
            password: settings.password.map(|text| text.0),
            timeout: settings.timeout,
            database: settings.database,
        };
        let redis = beside.compile(settings.redis, &mut faults);
        match redis.filter(|_| faults.is_empty()) {
            Some(redis) => {
                let names = rules.rules.iter().map(|rule| rule.name.as_str());
                let engine = Engine::new(redis, policy, names);
                let scope = settings.name.or(settings.rule_name.map(|text| text.0));
                Ok(Self::new(scope, rules, replies, engine))
            }
            None => Err(faults.text()),
        }
    }
}

impl Settings {
    fn form(&self, faults: &mut Faults) -> Form {
        let given = [
            ("qpm", Form::Documents, self.qpm.is_some()),
            ("rules", Form::Own, self.rules.is_some()),
            ("rule_items", Form::ClusterKey, self.rule_items.is_some()),
            ("global_threshold", Form::ClusterKey, self.global_threshold.is_some()),
        ];
        let mut given = given.iter().filter(|(.., given)| *given);
        let form = match (given.next(), given.next()) {
            (Some((_, form, _)), None) => *form,
            (None, _) => {
                let what = "$: what is to be limited? give one of `qpm`, `rules`, `rule_items`, `global_threshold`";
                faults.add(&[what]);
                Form::Own
            }
            (Some((_, Form::ClusterKey, _)), Some((_, Form::ClusterKey, _))) => Form::ClusterKey,
            (Some((first, form, _)), Some((second, ..))) => {
                faults.add(&["$.", second, ": found beside `", first, "`, allowed: one of them"]);
                *form
            }
        };
        let foreign = [
            ("rule_name", self.rule_name.is_some()),
            ("show_limit_quota_header", self.show_limit_quota_header.is_some()),
            ("rejected_code", self.rejected_code.is_some()),
            ("rejected_msg", self.rejected_msg.is_some()),
        ];
        for (key, _) in foreign.iter().filter(|(_, given)| *given && form != Form::ClusterKey) {
            faults.add(&["$.", key, ": goes with `rule_items` or `global_threshold` only"]);
        }
        if form == Form::ClusterKey && self.rule_name.is_none() {
            faults.add(&["$: missing key `rule_name`"]);
        }
        form
    }

    fn rules(&self, form: Form, faults: &mut Faults) -> Rules {
        let usual = if form == Form::ClusterKey { Algorithm::FirstRequestWindow } else { Algorithm::FixedWindow };
        let algorithm = self.algorithm.map_or(usual, Algorithm::from);
        let name = self.rule_name.as_ref().map_or("", |text| text.0.as_str());
        let mut rules = Vec::new();
        if let Some(count) = self.qpm {
            let limit = limit(algorithm, count, MINUTE, None);
            check("$.qpm", &limit, faults);
            rules.push(everybody(vec![Tier { pattern: Pattern::Any, limits: vec![limit] }]));
        }
        rules.extend(self.global_threshold.iter().map(|threshold| threshold.compile(name, algorithm, faults)));
        for (index, item) in self.rule_items.iter().flatten().enumerate() {
            rules.push(item.compile(&at("$.rule_items", index), name, algorithm, faults));
        }
        for (index, rule) in self.rules.iter().flatten().enumerate() {
            let path = at("$.rules", index);
            if rules.iter().any(|other: &Rule| other.name == rule.name) {
                faults.add(&[&path, ".name: another rule before it has this name too"]);
            }
            rules.push(rule.compile(&path, algorithm, faults));
        }
        for key in ["rule_items", "rules"] {
            let empty =
                if key == "rules" { self.rules.as_ref().map(Vec::len) } else { self.rule_items.as_ref().map(Vec::len) };
            if empty == Some(0) {
                faults.add(&["$.", key, ": found an empty list, allowed: at least one rule"]);
            }
        }
        Rules { rules, items: form == Form::ClusterKey, addresses: self.addresses(form, faults) }
    }

    fn addresses(&self, form: Form, faults: &mut Faults) -> Addresses {
        if self.address_header.is_some() && self.trusted_proxies.is_empty() {
            faults.add(&["$.addressHeader: of no use without `trustedProxies`, whose word it is"]);
        }
        // Higress's limiter counts each address of its own.
        let usual = if form == Form::ClusterKey { 128 } else { 64 };
        Addresses {
            trusted: self.trusted_proxies.iter().map(|network| network.0).collect(),
            header: self.address_header.as_ref().map_or_else(|| "x-forwarded-for".to_owned(), |name| name.to_string()),
            ipv6_prefix: self.ipv6_prefix.map_or(usual, |prefix| prefix.0),
        }
    }

    fn replies(&mut self, form: Form, faults: &mut Faults) -> Replies {
        let reply = self.reply.take();
        if reply.is_some() && (self.rejected_code.is_some() || self.rejected_msg.is_some()) {
            faults.add(&["$.reply: found beside `rejected_code` or `rejected_msg`, allowed: one of them"]);
        }
        if self.quota_headers.is_some() && self.show_limit_quota_header.is_some() {
            faults.add(&["$.quotaHeaders: found beside `show_limit_quota_header`, allowed: one of them"]);
        }
        let families = self.quota_headers.clone().unwrap_or_else(|| match form {
            Form::Documents => vec![Family::CallTimeLeft],
            _ if self.show_limit_quota_header == Some(true) => vec![Family::XRateLimit],
            _ => Vec::new(),
        });
        let status = self.rejected_code.map_or(429, |status| status.0);
        let body = match (form, self.rejected_msg.as_deref()) {
            (_, Some(message)) => message,
            (Form::ClusterKey, None) => "Too many requests",
            _ => "Too many requests\n",
        };
        let explain = self.explain.take().and_then(|RawExplain { header, secret }| {
            if secret.is_empty() {
                faults.add(&["$.explain.secret: found an empty string, allowed: what only trusted callers know"]);
            }
            (!secret.is_empty()).then(|| Explain { header: header.to_string(), secret })
        });
        Replies {
            refusal: reply.unwrap_or_default().compile("$.reply", status, body, faults),
            call_time_left: families.contains(&Family::CallTimeLeft),
            x_rate_limit: families.contains(&Family::XRateLimit),
            rate_limit: families.contains(&Family::RateLimit),
            reset_on_refusal: form == Form::ClusterKey,
            explain,
        }
    }
}

/// The path of an element of a list.
fn at(list: &str, index: usize) -> String {
    [list, "[", &index.to_string(), "]"].concat()
}

/// The rule for all requests together.
fn everybody(tiers: Vec<Tier>) -> Rule {
    let (missing, cost) = (Missing::Skip, Cost::Units(1));
    let name = QPM.to_owned();
    Rule { name, sources: Vec::new(), missing, allow: Vec::new(), deny: Vec::new(), tiers, cost, shadow: false }
}

impl TryFrom<String> for TrustedNetwork {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Network::parse(&text).map(Self).ok_or("allowed: an address or a network, such as `10.0.0.0/8`")
    }
}

impl TryFrom<u8> for Prefix {
    type Error = &'static str;

    fn try_from(bits: u8) -> Result<Self, Self::Error> {
        if bits <= 128 { Ok(Self(bits)) } else { Err("allowed: 0 to 128 bits") }
    }
}
