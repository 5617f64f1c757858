//! Calls that come before the one for the token, and give values to those that follow.

use crate::fields::Named;
use crate::recipe::{Extra, Path, Recipe};
use crate::template::{Inputs, Source};
use crate::token::{Place, Success};
use plugin_core::config::Both;
use plugin_core::prelude::*;
use std::hash::{Hash, Hasher};

/// One earlier call.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "Both<Own, Service>")]
#[schemars(with = "Both<Own, Service>")]
pub(crate) struct Step {
    name: String,
    recipe: Recipe,
    success: Success,
    values: Named<Place>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Own {
    /// By this name templates know it.
    name: String,
    /// The path to ask for, with a query if need be.
    request_path: Path,
    /// How to ask.
    #[serde(default)]
    request: Extra,
    /// What a good answer has.
    #[serde(default)]
    success: Success,
    /// Names, and where in the answer each value stands, as in `token`. Templates of later calls use them as
    /// `${step.NAME.VALUE}`.
    values: Named<Place>,
}

impl TryFrom<Both<Own, Service>> for Step {
    type Error = String;

    fn try_from(Both(own, service): Both<Own, Service>) -> Result<Self, String> {
        let recipe = Recipe::new(service, own.request_path, own.request)?;
        Ok(Self { name: own.name, recipe, success: own.success, values: own.values })
    }
}

impl Step {
    /// Goes into the identity of a configuration.
    pub(crate) fn hash(&self, hasher: &mut impl Hasher) {
        self.recipe.hash(hasher);
        (&self.name, &self.values).hash(hasher);
    }

    /// What to ask for, and which answer is a good one.
    pub(crate) fn call(&self) -> (&Recipe, &Success) {
        (&self.recipe, &self.success)
    }

    /// Adds to `inputs` what the answer gives.
    pub(crate) fn read(&self, result: Result<Answer>, inputs: &mut Inputs) -> Result<()> {
        let within = |error: Error| Error::new(error.kind(), format!("step `{}`: {error}", self.name));
        let answer = result.map_err(within)?;
        for (name, place) in self.values.iter() {
            inputs.add_step(&self.name, name, place.find(&answer).map_err(within)?.as_bytes().to_vec());
        }
        Ok(())
    }
}

/// What `steps` and the call behind them need to know of a request, each thing once.
///
/// # Errors
///
/// When a template asks for a value that no earlier step gives.
pub(crate) fn sources(steps: &[Step], last: &Recipe) -> Result<Vec<Source>, String> {
    let mut given = Vec::new();
    let mut sources = Vec::new();
    for (recipe, step) in steps.iter().map(|step| (&step.recipe, Some(step))).chain([(last, None)]) {
        for source in recipe.sources() {
            match &source {
                Source::Step(step, value) if !given.contains(&(step.as_str(), value.as_str())) => {
                    return Err(format!("`${{step.{step}.{value}}}`: no earlier step gives this value"));
                }
                Source::Step(..) => {}
                _ if sources.contains(&source) => {}
                _ => sources.push(source),
            }
        }
        if let Some(step) = step {
            given.extend(step.values.iter().map(|(value, _)| (step.name.as_str(), value)));
        }
    }
    Ok(sources)
}
