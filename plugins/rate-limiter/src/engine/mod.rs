//! Decides over a request: from memory where that is enough, by Redis, or by the policy for when Redis fails.

mod breaker;
mod decision;
mod health;
mod lease;
mod line;
mod local;
mod memory;
mod remembered;

pub(crate) use decision::{Decision, Path};

use crate::config::{OnError, Policy};
use crate::decide::Verdict;
use crate::metrics::RuleMetrics;
use crate::rule::Query;
use crate::script::{SCRIPT, argument, verdict};
use breaker::Breaker;
use line::{Lines, Turn};
use local::Local;
use memory::Memory;
use plugin_core::prelude::*;
use plugin_core::redis::{Redis, Script};
use plugin_core::time::{millis, monotonic, now};
use std::cell::{Cell, RefCell};
use std::time::{SystemTime, UNIX_EPOCH};

const DECIDE: Script = Script::new(SCRIPT);

/// Subjects that are remembered of each kind, in each worker: about 5 MB at most.
const SUBJECTS: usize = 10_000;

/// What a configuration keeps while it is in force, in one worker.
pub(crate) struct Engine {
    redis: Redis,
    policy: Policy,
    metrics: Vec<RuleMetrics>,
    breaker: Breaker,
    /// Requests that were decided without Redis since it fails.
    without: Cell<u64>,
    background: RefCell<Option<Background>>,
    probed: Cell<Duration>,
    lines: Lines<Option<Share>>,
    refusals: RefCell<Memory>,
    leases: RefCell<Memory>,
    local: Local,
}

/// One request's part of a call's answer.
#[derive(Clone, Debug)]
pub(crate) struct Share {
    verdict: Rc<Verdict>,
    /// The request's number among those that the call was for.
    number: u64,
    /// When the call was sent, and how long it took.
    sent: Duration,
    took: Duration,
}

impl Engine {
    pub(crate) fn new<'a>(redis: Redis, policy: Policy, rules: impl Iterator<Item = &'a str>) -> Self {
        Self {
            redis,
            metrics: rules.map(RuleMetrics::new).collect(),
            breaker: Breaker::new(policy.breaker.failures),
            without: Cell::new(0),
            background: RefCell::new(None),
            probed: Cell::new(Duration::ZERO),
            lines: Lines::default(),
            refusals: RefCell::new(Memory::new(SUBJECTS)),
            leases: RefCell::new(Memory::new(SUBJECTS)),
            local: Local::new(policy.workers, SUBJECTS),
            policy,
        }
    }

    pub(crate) fn start(&self, background: Background) {
        *self.background.borrow_mut() = Some(background);
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Decides, and counts what was decided.
    pub(crate) async fn decide(self: &Rc<Self>, query: &Query) -> Decision {
        let decision = self.find(query).await;
        self.count(query, &decision);
        decision
    }

    async fn find(self: &Rc<Self>, query: &Query) -> Decision {
        if let Some(decision) = decision::hopeless(query, unix_ms(now())) {
            return decision;
        }
        let at = monotonic();
        if let Some(decision) = remembered::find(&mut self.refusals.borrow_mut(), query, at) {
            return decision;
        }
        let group = query.group();
        if let Some(share) = self.spend(&group, at) {
            return Decision::of(query, &share, Path::Lease, at);
        }
        if self.breaker.is_open() {
            self.keep_probing(at);
            return self.without(query);
        }
        match self.ask(query, group).await {
            Some(share) => Decision::of(query, &share, Path::Redis, monotonic()),
            None => self.without(query),
        }
    }

    /// Asks Redis, alone or together with others; `None` if it does not answer in time.
    async fn ask(self: &Rc<Self>, query: &Query, group: String) -> Option<Share> {
        let place = self.lines.enter(group.clone());
        let deadline = monotonic().saturating_add(self.redis.timeout());
        let turn = match place.is_free() {
            true => place.turn().await,
            false => timeout(self.redis.timeout(), place.turn()).await.ok()?,
        };
        let wanted = match turn {
            Turn::Answered(share) => return share,
            Turn::Ask(_) if self.breaker.is_open() => return place.share(|_| None),
            Turn::Ask(wanted) => wanted,
        };
        let sent = monotonic();
        let ahead = self.ahead(&group, sent);
        let redis = self.redis.with_timeout(deadline.saturating_sub(sent));
        let Some(verdict) = self.call(&redis, query, wanted.saturating_add(ahead)).await else {
            return place.share(|_| None);
        };
        let took = monotonic().saturating_sub(sent);
        query.each_rule(|rule| self.of_rule(rule, |metrics| metrics.took(took)));
        let verdict = Rc::new(verdict);
        let share = |number| Share { verdict: verdict.clone(), number, sent, took };
        remembered::keep(&mut self.refusals.borrow_mut(), query, &verdict, wanted, sent);
        self.hold(query, &group, share(wanted.min(verdict.granted)), ahead);
        place.share(|number| Some(share(number)))
    }

    /// One call, and what the breaker makes of its result.
    async fn call(self: &Rc<Self>, redis: &Redis, query: &Query, wanted: u64) -> Option<Verdict> {
        let answer = redis.run::<Vec<i64>>(&DECIDE, &query.keys, [argument(None, wanted, &query.buckets)]).await;
        let answer = answer.and_then(|answer| {
            verdict(query.keys.len(), &answer)
                .ok_or_else(|| Error::other("Redis answered the limiter's script with something else"))
        });
        match answer {
            Ok(verdict) => {
                self.told(self.breaker.succeeded(monotonic()), None);
                Some(verdict)
            }
            Err(error) => {
                query.each_rule(|rule| self.of_rule(rule, |metrics| metrics.errors.add(1)));
                self.told(self.breaker.failed(monotonic()), Some(&error));
                None
            }
        }
    }

    /// What the policy says when Redis does not.
    fn without(&self, query: &Query) -> Decision {
        self.without.set(self.without.get().saturating_add(1));
        query.each_rule(|rule| self.of_rule(rule, |metrics| metrics.fallback.add(1)));
        match self.policy.on_error {
            OnError::Allow => Decision::unknown(true),
            OnError::Deny => Decision::unknown(false),
            OnError::Local => {
                let verdict = self.local.decide(query, unix_ms(now()));
                let buckets = query.buckets.iter().map(|bucket| self.local.share(bucket)).collect();
                let shared = Query { buckets, ..query.clone() };
                let at = monotonic();
                let share = Share { verdict: Rc::new(verdict), number: 0, sent: at, took: Duration::ZERO };
                Decision::of(&shared, &share, Path::Local, at)
            }
        }
    }

    fn of_rule(&self, rule: usize, count: impl Fn(&RuleMetrics)) {
        self.metrics.get(rule).into_iter().for_each(count);
    }

    fn count(&self, query: &Query, decision: &Decision) {
        if decision.passed {
            query.each_rule(|rule| self.of_rule(rule, |metrics| metrics.allowed.add(1)));
        } else {
            let bucket = decision.tightest.map_or(0, |(bucket, _)| bucket);
            query.rules.get(bucket).into_iter().for_each(|rule| self.of_rule(*rule, |metrics| metrics.refused.add(1)));
        }
        for rule in &decision.shadowed {
            self.of_rule(*rule, |metrics| metrics.shadow_refused.add(1));
        }
    }

    /// Counts a request that was refused without being asked about.
    pub(crate) fn denied(&self, rule: usize) {
        self.of_rule(rule, |metrics| metrics.refused.add(1));
    }
}

fn unix_ms(time: SystemTime) -> u64 {
    millis(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}
