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

    /// Whether there is no second try.
    pub(crate) fn is_single(&self) -> bool {
        self.tries.0 <= 1
    }

    /// Makes a call once, in all the time there is.
    pub(crate) async fn ask_once(&self, recipe: &Recipe, success: &Success, inputs: &Inputs) -> Result<Answer> {
        let call = recipe.call(inputs)?;
        let answer = call.send_within(self.limit(self.deadline)).await?;
        success.check(&answer).map(|()| answer)
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
            let result = call.send_within(self.limit(end.saturating_sub(now))).await;
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

    /// What one try may take of the time that is left.
    fn limit(&self, left: Duration) -> Duration {
        self.try_timeout_ms.map_or(left, |limit| left.min(limit.into()))
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
