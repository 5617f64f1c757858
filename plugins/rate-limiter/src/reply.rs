//! What clients are told: the refusal, and headers about their quota.

use crate::engine::{Decision, Path};
use crate::limit::{Algorithm, Limit};
use crate::rule::{Query, Rules};
use plugin_core::Reply;

/// The replies and headers of a configuration.
pub(crate) struct Replies {
    pub(crate) refusal: Reply,
    /// `timeStamp` and `callTimeLeft`, as in the documents.
    pub(crate) call_time_left: bool,
    /// `x-ratelimit-limit`, `-remaining` and `-reset`.
    pub(crate) x_rate_limit: bool,
    /// `ratelimit` and `ratelimit-policy`, as in draft-ietf-httpapi-ratelimit-headers-10.
    pub(crate) rate_limit: bool,
    /// `x-ratelimit-reset` on refusals and on nothing else, as `cluster-key-rate-limit` sends it.
    pub(crate) reset_on_refusal: bool,
    pub(crate) explain: Option<Explain>,
}

/// Lets callers who know a secret see how a decision came about.
pub(crate) struct Explain {
    /// The request header that holds the secret.
    pub(crate) header: String,
    pub(crate) secret: String,
}

/// What an explanation is sent as.
pub(crate) const EXPLAIN: &str = "x-rate-limit-explain";

type Headers = Vec<(&'static str, String)>;

impl Replies {
    /// The headers that go with a decision.
    pub(crate) fn headers(&self, rules: &Rules, query: &Query, decision: &Decision) -> Headers {
        let mut headers = Vec::new();
        let Some((position, limit, standing)) = decision.told() else { return headers };
        let remaining = standing.remaining.to_string();
        let reset = seconds(standing.reset).to_string();
        if self.call_time_left {
            headers.push(("timestamp", standing.start.checked_div(1000).unwrap_or(0).to_string()));
            headers.push(("calltimeleft", remaining.clone()));
        }
        if self.x_rate_limit {
            headers.push(("x-ratelimit-limit", limit.capacity().to_string()));
            headers.push(("x-ratelimit-remaining", remaining.clone()));
        }
        if if self.reset_on_refusal { !decision.passed } else { self.x_rate_limit } {
            headers.push(("x-ratelimit-reset", reset.clone()));
        }
        if self.rate_limit {
            let names = names(rules, query);
            let policies =
                query.buckets.iter().zip(&names).zip(&decision.limits).filter(|((bucket, _), _)| !bucket.shadow);
            let policies: Vec<String> = policies.map(|((_, name), limit)| policy(name, limit)).collect();
            headers.push(("ratelimit-policy", policies.join(", ")));
            let name = names.get(position).map(String::as_str).unwrap_or_default();
            headers.push(("ratelimit", [name, ";r=", &remaining, ";t=", &reset].concat()));
        }
        if let (false, Some(retry)) = (decision.passed, standing.retry) {
            headers.push(("retry-after", seconds(retry).max(1).to_string()));
        }
        headers
    }

    /// The refusal with the headers that go with it.
    pub(crate) fn refuse(&self, headers: &Headers) -> Reply {
        let refusal = self.refusal.clone().details("rate_limited");
        headers.iter().fold(refusal, |reply, (name, value)| reply.header(name, value))
    }
}

impl Explain {
    /// Whether a caller knows the secret. How long this takes does not tell how much of it was right.
    pub(crate) fn is_known(&self, given: &[u8]) -> bool {
        let secret = self.secret.as_bytes();
        let differ = secret.iter().zip(given).fold(0, |differ, (one, other)| differ | (one ^ other));
        secret.len() == given.len() && differ == 0
    }
}

/// How a decision came about, one line for each limit.
pub(crate) fn explain(rules: &Rules, query: &Query, decision: &Decision) -> Vec<String> {
    let mut lines = Vec::with_capacity(query.buckets.len());
    for (position, ((key, bucket), rule)) in query.keys.iter().zip(&query.buckets).zip(&query.rules).enumerate() {
        let name = rules.rules.get(*rule).map(|rule| crate::key::plain(&rule.name)).unwrap_or_default();
        let limit = decision.limits.get(position).unwrap_or(&bucket.limit);
        let mut line = format!(
            "rule={name} decided-by={} passed={} key={key} algorithm={} limit={}/{}ms burst={} cost={} shadow={}",
            decision.path.name(),
            decision.passed,
            limit.algorithm.name(),
            limit.count,
            limit.window,
            limit.capacity(),
            bucket.cost,
            bucket.shadow
        );
        if let Some((.., standing)) = decision.told().filter(|(tightest, ..)| *tightest == position) {
            line.push_str(&format!(" tightest remaining={} reset-ms={}", standing.remaining, standing.reset));
            if let Some(retry) = standing.retry {
                line.push_str(&format!(" retry-ms={retry}"));
            }
        }
        if let Some(took) = decision.took {
            let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            line.push_str(&format!(" redis-us={us}"));
        }
        lines.push(line);
    }
    lines
}

/// A limit as `ratelimit-policy` has it: quota, and in seconds the window that brings all of it back.
fn policy(name: &str, limit: &Limit) -> String {
    let quota = limit.capacity();
    let window = match limit.algorithm {
        Algorithm::Gcra if quota > 0 => limit.window.saturating_mul(quota).div_ceil(limit.count.max(1)),
        _ => limit.window,
    };
    [name, ";q=", &quota.to_string(), ";w=", &seconds(window).to_string()].concat()
}

/// The name of each limit as a string of RFC 9651: the rule's, and its window where the rule has several limits.
fn names(rules: &Rules, query: &Query) -> Vec<String> {
    let name = |(rule, bucket): (&usize, &crate::decide::Bucket)| {
        let mut name = rules.rules.get(*rule).map(|rule| crate::key::plain(&rule.name)).unwrap_or_default();
        if query.rules.iter().filter(|other| *other == rule).count() > 1 {
            let letter =
                if bucket.limit.algorithm == Algorithm::FixedWindow { "" } else { bucket.limit.algorithm.letter() };
            name = [&name, "-", letter, &bucket.limit.window.to_string(), "ms"].concat();
        }
        ["\"", &name, "\""].concat()
    };
    query.rules.iter().zip(&query.buckets).map(name).collect()
}

/// Whole seconds, rounded up: who comes back then does not come too early.
fn seconds(ms: u64) -> u64 {
    ms.div_ceil(1000)
}

impl Decision {
    /// Whether this is the answer to a failure, which has a reply of its own.
    pub(crate) fn is_for_failure(&self) -> bool {
        !self.passed && self.path == Path::Policy
    }
}
