//! The cache as an operator sets it.

use super::lifetime::Source;
use crate::template::Template;
use crate::token::Pointer;
use plugin_core::prelude::*;

/// How tokens are kept. `{}` keeps them as OAuth 2.0 wants it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(try_from = "Keys")]
pub(crate) struct CacheSettings(Keys);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct Keys {
    /// Requests of the same key share a token. Without it, all that the call's templates take from the request. A key of
    /// your own must name whatever tells apart those who must not get each other's token; its values are compared one by
    /// one.
    key: Option<Template>,
    /// Who says how long a token holds; the first that says something counts. `expiresIn`: seconds in the body; `jwt`: the
    /// token's claim `exp`; `cacheControl`: `max-age`, `no-store` and `no-cache` of the answer.
    #[schemars(extend("default" = ["expiresIn", "jwt", "cacheControl"]))]
    lifetime_from: Vec<Source>,
    /// Where the seconds stand in the body, as a JSON Pointer.
    #[schemars(extend("default" = "/expires_in"))]
    expires_in: Pointer,
    /// How many milliseconds a token holds when nobody says so.
    lifetime_ms: u32,
    /// How many milliseconds it holds at most.
    #[schemars(range(min = 1))]
    max_lifetime_ms: u32,
    /// After how much of its lifetime a token in use is renewed, in percent.
    #[schemars(range(min = 1, max = 100))]
    refresh_at_percent: u32,
    /// By how much earlier at random, so that workers and gateways do not all do it at once. Less than
    /// `refreshAtPercent`.
    jitter_percent: u32,
    /// For how many milliseconds a failure is the answer to all who ask.
    #[schemars(range(max = 3_600_000))]
    negative_ms: u32,
    /// For how many milliseconds after its end a token is still used when there is no new one. Once a fetch has failed, no
    /// request waits for the next ones.
    #[schemars(range(max = 86_400_000))]
    stale_ms: u32,
    /// How many keys a worker keeps. Who runs out first has to go first.
    #[schemars(range(min = 1, max = 100_000))]
    max_entries: u32,
    /// How many requests may wait for one fetch; more are treated as `unreachable`.
    #[schemars(range(min = 1, max = 100_000))]
    max_waiting: u32,
    /// The upstream's statuses that say that it refuses the token. The next request fetches another; the refused one is
    /// used only while none can be had. `[]` looks at no response.
    drop_on: Vec<u16>,
    /// After a token was given up, for how many milliseconds no further one is: an upstream that refuses every token must
    /// not bring a fetch for every request.
    #[schemars(range(min = 1_000, max = 86_400_000))]
    refusal_pause_ms: u32,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            key: None,
            lifetime_from: vec![Source::ExpiresIn, Source::Jwt, Source::CacheControl],
            expires_in: Pointer::of("expires_in"),
            lifetime_ms: 60_000,
            max_lifetime_ms: 86_400_000,
            refresh_at_percent: 80,
            jitter_percent: 5,
            negative_ms: 1_000,
            stale_ms: 0,
            max_entries: 1_000,
            max_waiting: 1_000,
            drop_on: vec![401, 403],
            refusal_pause_ms: 60_000,
        }
    }
}

fn ms(milliseconds: u32) -> Duration {
    Duration::from_millis(milliseconds.into())
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl CacheSettings {
    pub(crate) fn key(&self) -> Option<&Template> {
        self.0.key.as_ref()
    }

    pub(super) fn lifetime_from(&self) -> &[Source] {
        &self.0.lifetime_from
    }

    pub(super) fn expires_in(&self) -> &Pointer {
        &self.0.expires_in
    }

    pub(super) fn default_lifetime(&self) -> Duration {
        ms(self.0.lifetime_ms)
    }

    pub(super) fn max_lifetime(&self) -> Duration {
        ms(self.0.max_lifetime_ms)
    }

    /// After how much of its lifetime a token is renewed, in percent: up to the jitter earlier, so that workers and
    /// gateways do not all do it at once.
    pub(super) fn refresh_share(&self, random: u64) -> u32 {
        let jitter = u64::from(self.0.jitter_percent) + 1;
        let early = random.checked_rem(jitter).and_then(|early| u32::try_from(early).ok()).unwrap_or(0);
        self.0.refresh_at_percent.saturating_sub(early)
    }

    pub(super) fn negative(&self) -> Duration {
        ms(self.0.negative_ms)
    }

    pub(super) fn stale(&self) -> Duration {
        ms(self.0.stale_ms)
    }

    pub(super) fn max_entries(&self) -> usize {
        count(self.0.max_entries)
    }

    pub(super) fn max_waiting(&self) -> usize {
        count(self.0.max_waiting)
    }

    pub(super) fn refusal_pause(&self) -> Duration {
        ms(self.0.refusal_pause_ms)
    }

    /// The upstream's statuses that mean that it refuses the token.
    pub(crate) fn drop_on(&self) -> &[u16] {
        &self.0.drop_on
    }
}

impl TryFrom<Keys> for CacheSettings {
    type Error = String;

    fn try_from(keys: Keys) -> Result<Self, String> {
        let mut faults = Vec::new();
        let mut check = |name: &str, found: u32, least: u32, most: u32| {
            if !(least..=most).contains(&found) {
                faults.push(format!("$.{name}: found {found}, allowed: {least} to {most}"));
            }
        };
        check("refreshAtPercent", keys.refresh_at_percent, 1, 100);
        check("jitterPercent", keys.jitter_percent, 0, keys.refresh_at_percent.saturating_sub(1));
        check("maxEntries", keys.max_entries, 1, 100_000);
        check("maxWaiting", keys.max_waiting, 1, 100_000);
        check("negativeMs", keys.negative_ms, 0, 3_600_000);
        check("staleMs", keys.stale_ms, 0, 86_400_000);
        check("maxLifetimeMs", keys.max_lifetime_ms, 1, u32::MAX);
        // Without a pause an upstream that refuses every token would bring a fetch for every request.
        check("refusalPauseMs", keys.refusal_pause_ms, 1_000, 86_400_000);
        match faults.is_empty() {
            true => Ok(Self(keys)),
            false => Err(faults.join("\n")),
        }
    }
}
