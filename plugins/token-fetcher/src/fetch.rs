//! One fetch, from the first step to the token as it is put into requests.

use crate::TokenFetcher;
use crate::breaker::Breaker;
use crate::settings::Settings;
use crate::steps::Step;
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
        let breaker = &self.settings.breaker;
        breaker.as_ref().map_or(Ok(()), Breaker::admit)?;
        // A look at the clock costs a fetch half a microsecond.
        let timed = self.settings.retry.is_timed() || !self.settings.steps.is_empty() || self.metrics.has_room();
        let began = timed.then(monotonic);
        let result = self.ask(inputs, began).await;
        self.metrics.note_fetch(began, result.is_ok());
        if let Some(breaker) = breaker {
            breaker.note(result.as_ref().err());
        }
        result
    }

    async fn ask(&self, inputs: &Inputs, began: Option<Duration>) -> Result<Fetched> {
        let Settings { steps, recipe, success, token, target, retry, .. } = &self.settings;
        let (mut time, end) = (retry.deadline(), began.map(|began| began.saturating_add(retry.deadline())));
        let mut steps = steps.iter();
        let mut filled_in = None;
        let answer = loop {
            let step = steps.next();
            let (recipe, success) = step.map_or((recipe, success), Step::call);
            let result = retry.ask(recipe, success, filled_in.as_ref().unwrap_or(inputs), time, end).await;
            let Some(step) = step else { break result? };
            step.read(result, filled_in.get_or_insert_with(|| inputs.clone()))?;
            time = end.map_or(time, |end| end.saturating_sub(monotonic()));
        };
        let token = token.find(&answer)?;
        let lifetime = self.cache.as_ref().map(|cache| cache.settings.lifetime(&answer, token.as_bytes()));
        Ok(Fetched { value: target.dress(token)?, lifetime: lifetime.unwrap_or_default() })
    }
}
