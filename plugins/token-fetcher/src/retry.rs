//! Trying again with longer and longer pauses, inside one deadline for all tries.

use crate::recipe::Recipe;
use crate::template::Inputs;
use crate::token::Success;
use plugin_core::prelude::*;
use plugin_core::time::{monotonic, sleep};

/// How often a token is asked for before it counts as failed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Retry {
    /// Tries in all, 1 to 10.
    #[schemars(extend("default" = 1))]
    tries: Tries,
    /// Milliseconds before the second try, doubled before each further one.
    pause_ms: u16,
    /// The limit of one try in milliseconds, 1 to 60000. Without it, all that is left of `timeoutMs`.
    try_timeout_ms: Option<TimeoutMs>,
    #[serde(skip)]
    deadline: Duration,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "u32")]
#[schemars(extend("minimum" = 1, "maximum" = 10))]
struct Tries(u32);

/// How long a request may be held.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "u32")]
#[schemars(extend("minimum" = 1, "maximum" = 60000))]
pub(crate) struct TimeoutMs(u32);

impl Default for Retry {
    fn default() -> Self {
        Self { tries: Tries(1), pause_ms: 50, try_timeout_ms: None, deadline: Duration::ZERO }
    }
}

impl Retry {
    pub(crate) fn within(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// When work that begins `now` has to be done.
    pub(crate) fn end(&self, now: Duration) -> Duration {
        now.saturating_add(self.deadline)
    }

    /// Makes a call until it has a good answer or fails for good, or until tries or the time from `now` to `end` run out.
    /// Several calls that follow one another may have the same end.
    pub(crate) async fn ask(
        &self,
        recipe: &Recipe,
        success: &Success,
        inputs: &Inputs,
        mut now: Duration,
        end: Duration,
    ) -> Result<Answer> {
        let mut pause = Duration::from_millis(self.pause_ms.into());
        let mut left = self.tries.0;
        let call = recipe.call(inputs)?;
        loop {
            left = left.saturating_sub(1);
            let time = end.saturating_sub(now);
            let time = self.try_timeout_ms.map_or(time, |limit| time.min(limit.into()));
            let result = call.send_at(now, time).await;
            match result.and_then(|answer| success.check(&answer).map(|()| answer)) {
                Err(error) if left > 0 && error.kind().is_transient() && monotonic().saturating_add(pause) < end => {
                    log::debug!("{error}; trying again");
                }
                result => return result,
            }
            sleep(pause).await;
            now = monotonic();
            pause = pause.saturating_mul(2);
        }
    }
}

impl TryFrom<u32> for Tries {
    type Error = &'static str;

    fn try_from(tries: u32) -> Result<Self, Self::Error> {
        match tries {
            1..=10 => Ok(Self(tries)),
            _ => Err("allowed: 1 to 10 tries"),
        }
    }
}

// === impl TimeoutMs ===

impl Default for TimeoutMs {
    fn default() -> Self {
        Self(500)
    }
}

impl TryFrom<u32> for TimeoutMs {
    type Error = &'static str;

    fn try_from(timeout: u32) -> Result<Self, Self::Error> {
        match timeout {
            1..=60_000 => Ok(Self(timeout)),
            _ => Err("allowed: 1 to 60000 milliseconds; the request is held that long"),
        }
    }
}

impl From<TimeoutMs> for Duration {
    fn from(TimeoutMs(timeout): TimeoutMs) -> Self {
        Self::from_millis(timeout.into())
    }
}
