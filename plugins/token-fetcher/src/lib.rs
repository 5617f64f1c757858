//! Fetches the credential that an upstream wants and sets it on the request.

mod base64;
mod failure;
mod fields;
mod oauth2;
mod query;
mod recipe;
mod retry;
mod settings;
mod steps;
mod target;
mod template;
mod token;

use failure::Failure;
use plugin_core::prelude::*;
use settings::Settings;
use target::Present;
use template::Inputs;

/// The plugin's configuration.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct TokenFetcher {
    settings: Settings,
}

impl Plugin for TokenFetcher {
    async fn on_request(self: Rc<Self>, mut request: Request) -> Result<Flow> {
        let target = &self.settings.target;
        match target.present() {
            Present::Keep if target.is_taken(&request) => return Ok(request.forward()),
            Present::Refuse if target.is_taken(&request) => {
                return Ok(request.reply(Reply::text(400, "credential not allowed\n").details("present")));
            }
            Present::Keep | Present::Refuse | Present::Overwrite => {}
        }
        request.keep_route();
        let inputs = Inputs::read(&self.settings.sources, &request);
        // Before anything can go wrong: whatever happens next, the client's own copy does not reach the upstream.
        target.clear(&mut request)?;
        match self.fetch(&inputs).await {
            Ok(token) => target.set(&mut request, &token)?,
            Err(error) => {
                let reply = self.settings.on_failure.reply(Failure::of(&error));
                match &reply {
                    Some(reply) => log::error!("{error}; the client gets {}", reply.status()),
                    None => log::error!("{error}; the request goes on without a token"),
                }
                if let Some(reply) = reply {
                    return Ok(request.reply(reply));
                }
            }
        }
        Ok(request.forward())
    }

    /// Errors of the gateway itself. A request that cannot be made safe is not let through.
    fn on_error(&self, error: &Error) -> Fallback {
        log::error!("{error}");
        Fallback::Reply(failure::call_failed("error"))
    }
}

impl TokenFetcher {
    /// A token, as it is put into the request.
    async fn fetch(&self, inputs: &Inputs) -> Result<Vec<u8>> {
        let Settings { steps, recipe, success, token, target, retry, .. } = &self.settings;
        let end = retry.end();
        let mut inputs = inputs.clone();
        for step in steps {
            step.run(&mut inputs, &retry.until(end)).await?;
        }
        let ask = async |time| {
            let answer = recipe.ask(&inputs, time).await?;
            success.check(&answer)?;
            target.dress(&token.find(&answer)?)
        };
        retry.until(end).run(ask).await
    }
}

register!(TokenFetcher, "token-fetcher");
