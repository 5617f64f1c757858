//! One fetch, from the first step to the token as it is put into requests.

use crate::TokenFetcher;
use crate::breaker::Breaker;
use crate::settings::Settings;
use crate::template::Inputs;
use plugin_core::prelude::*;
use plugin_core::time::monotonic;

/// A token that was just fetched.
pub(crate) struct Fetched {
    pub(crate) value: Vec<u8>,
    pub(crate) lifetime: Duration,
}

impl TokenFetcher {
    pub(crate) async fn fetch(&self, inputs: &Inputs) -> Result<Fetched> {
        let breaker = &self.settings.breaker;
        breaker.as_ref().map_or(Ok(()), Breaker::admit)?;
        let began = monotonic();
        let result = self.ask(inputs, began).await;
        self.metrics.note_fetch(monotonic().saturating_sub(began), result.is_ok());
        if let Some(breaker) = breaker {
            breaker.note(result.as_ref().err());
        }
        result
    }

    async fn ask(&self, inputs: &Inputs, began: Duration) -> Result<Fetched> {
        let Settings { steps, recipe, success, token, target, retry, .. } = &self.settings;
        let (mut now, end) = (began, retry.end(began));
        let mut more;
        let inputs = match steps.is_empty() {
            true => inputs,
            false => {
                more = inputs.clone();
                for step in steps {
                    step.run(&mut more, retry, now, end).await?;
                    now = monotonic();
                }
                &more
            }
        };
        let answer = retry.ask(recipe, success, inputs, now, end).await?;
        let token = token.find(&answer)?;
        let lifetime = self.cache.as_ref().map(|cache| cache.settings.lifetime(&answer, &token));
        Ok(Fetched { value: target.dress(&token)?, lifetime: lifetime.unwrap_or_default() })
    }
}
