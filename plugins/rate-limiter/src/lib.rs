//! Limits requests per time and subject, counted in Redis for all gateways together.
//!
//! A request goes through it like this: [`rule`] finds whom it counts for ([`subject`]) and makes keys ([`key`]) and
//! buckets of it, `engine` decides over them, `reply` tells the client. `engine` looks into what it remembers, then into
//! its leases, then asks Redis, where [`script`] does what [`mod@decide`] does in Rust with the arithmetic of [`limit`];
//! when Redis fails it falls back to the policy. `config` reads three vocabularies into the same rules.

mod config;
pub mod decide;
mod engine;
pub mod key;
pub mod limit;
mod metrics;
mod reply;
pub mod rule;
pub mod script;
mod seen;
pub mod subject;

use engine::{Decision, Engine};
use plugin_core::prelude::*;
use plugin_core::property;
use reply::{EXPLAIN, Replies, explain};
use rule::{Asked, Denial, Rules};
use seen::Seen;
use std::cell::OnceCell;

/// The plugin's configuration.
#[derive(Deserialize, JsonSchema)]
#[serde(try_from = "config::Settings")]
#[schemars(with = "config::Settings")]
pub struct RateLimiter {
    /// What keys of other configurations do not have; found with the first request unless it is configured.
    scope: OnceCell<String>,
    rules: Rules,
    replies: Replies,
    engine: Rc<Engine>,
}

impl Plugin for RateLimiter {
    async fn on_request(self: Rc<Self>, mut request: Request) -> Result<Flow> {
        let explained = self.is_explained(&mut request)?;
        let query = match self.rules.ask(&Seen(&request), self.scope(&request)) {
            Asked::Nothing => return Ok(request.forward()),
            Asked::Denied(rule, denial) => {
                self.engine.denied(rule);
                return Ok(request.reply(self.denied(denial)));
            }
            Asked::Counts(query) => query,
        };
        let decision = self.engine.decide(&query).await;
        let mut headers = self.replies.headers(&self.rules, &query, &decision);
        if explained {
            headers.extend(explain(&self.rules, &query, &decision).into_iter().map(|line| (EXPLAIN, line)));
        }
        if !decision.passed {
            return Ok(request.reply(self.refusal(&decision, &headers)));
        }
        if headers.is_empty() {
            return Ok(request.forward());
        }
        let mut response = request.forward_and_wait().await;
        for (name, value) in headers {
            match name {
                EXPLAIN => response.headers_mut().append(name, value)?,
                name => response.headers_mut().set(name, value)?,
            }
        }
        Ok(response.forward())
    }

    fn on_start(self: Rc<Self>, background: Background) {
        self.engine.start(background);
    }
}

impl RateLimiter {
    pub(crate) fn new(name: Option<String>, rules: Rules, replies: Replies, engine: Engine) -> Self {
        let scope = name.map_or_else(OnceCell::new, |name| OnceCell::from(["name ", &name].concat()));
        Self { scope, rules, replies, engine: Rc::new(engine) }
    }

    /// Configurations without a name count on their own: each plugin of the gateway, and each of its rules.
    fn scope(&self, request: &Request) -> &str {
        if let Some(scope) = self.scope.get() {
            return scope;
        }
        let plugin = property::string(&["plugin_name"]).unwrap_or_default();
        let scope = ["rule ", &plugin, " ", &request.rule_conditions().unwrap_or_default()].concat();
        self.scope.get_or_init(|| scope)
    }

    /// Whether the caller may see how the decision came about. The secret goes no further.
    fn is_explained(&self, request: &mut Request) -> Result<bool> {
        let Some(explain) = &self.replies.explain else { return Ok(false) };
        let Some(given) = request.headers().get(&explain.header) else { return Ok(false) };
        request.keep_route();
        request.headers_mut().remove(&explain.header)?;
        Ok(explain.is_known(given.as_bytes()))
    }

    fn refusal(&self, decision: &Decision, headers: &Vec<(&'static str, String)>) -> Reply {
        match decision.is_for_failure() {
            true => {
                let reply = self.engine.policy().error_reply.clone().details("redis_failed");
                headers.iter().fold(reply, |reply, (name, value)| reply.header(name, value))
            }
            false => self.replies.refuse(headers),
        }
    }

    fn denied(&self, denial: Denial) -> Reply {
        match denial {
            Denial::Listed => Reply::text(403, "Forbidden\n").details("denied"),
            Denial::Missing => self.replies.refusal.clone().details("subject_missing"),
        }
    }
}

register!(RateLimiter, "rate-limiter");
