//! One fetch, from the first step to the token as it is put into requests.

use crate::TokenFetcher;
use crate::breaker::Breaker;
use crate::settings::Settings;
use crate::template::Inputs;
use plugin_core::prelude::*;
use plugin_core::time::monotonic;

/// A token that was just fetched.
pub(crate) struct Fetched {
    pub(crate) value: FieldValue,
    pub(crate) lifetime: Duration,
}

impl TokenFetcher {
    pub(crate) async fn fetch(&self, inputs: &Inputs) -> Result<Fetched> {
        let Settings { breaker, steps, recipe, success, retry, .. } = &self.settings;
        breaker.as_ref().map_or(Ok(()), Breaker::admit)?;
        // A look at the clock costs a fetch half a microsecond.
        let began = self.metrics.has_room().then(monotonic);
        let answer = match steps.is_empty() && retry.is_single() {
            true => retry.ask_once(recipe, success, inputs).await,
            // In a box, so that the future of a request with one call is small.
            false => Box::pin(self.ask(inputs)).await,
        };
        let result = answer.and_then(|answer| self.read(&answer));
        self.metrics.note_fetch(began, result.is_ok());
        if let Some(breaker) = breaker {
            breaker.note(result.as_ref().err());
        }
        result
    }

    /// The answer to the last call of several, or to the last try.
    async fn ask(&self, inputs: &Inputs) -> Result<Answer> {
        let Settings { steps, recipe, success, retry, .. } = &self.settings;
        let mut now = monotonic();
        let end = retry.end(now);
        let mut filled_in = None;
        for step in steps {
            let (recipe, success) = step.call();
            let result = retry.ask(recipe, success, filled_in.as_ref().unwrap_or(inputs), now, end).await;
            step.read(result, filled_in.get_or_insert_with(|| inputs.clone()))?;
            now = monotonic();
        }
        retry.ask(recipe, success, filled_in.as_ref().unwrap_or(inputs), now, end).await
    }

    fn read(&self, answer: &Answer) -> Result<Fetched> {
        let Settings { token, target, .. } = &self.settings;
        let token = token.find(answer)?;
        let lifetime = self.cache.as_ref().map(|cache| cache.settings.lifetime(answer, token.as_bytes()));
        Ok(Fetched { value: target.dress(token)?, lifetime: lifetime.unwrap_or_default() })
    }
}
