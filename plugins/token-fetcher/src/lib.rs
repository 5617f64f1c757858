//! Fetches the credential that an upstream wants and sets it on the request.

mod failure;
mod settings;

use failure::Failure;
use plugin_core::prelude::*;
use settings::Settings;

/// The plugin's configuration.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct TokenFetcher(Settings);

impl Plugin for TokenFetcher {
    async fn on_request(self: Rc<Self>, mut request: Request) -> Result<Flow> {
        let settings = &self.0;
        request.keep_route();
        // Before anything can go wrong: whatever happens next, the client's own copy does not reach the upstream.
        request.headers_mut().remove(&settings.token_header)?;
        match self.fetch().await {
            Ok(token) => request.headers_mut().set(&settings.token_header, token)?,
            Err(error) => {
                let failure = Failure::of(&error);
                log::error!("{error}; {}", failure.outcome());
                if let Some(reply) = failure.reply() {
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
    async fn fetch(&self) -> Result<HeaderValue> {
        let Settings { service, request_path, token_header } = &self.0;
        let answer = service.cluster().get(&**request_path).send().await?.require_status(200)?;
        match answer.require_header(token_header)? {
            token if token.as_bytes().is_empty() => {
                let message = format!("the service answered with an empty header `{}`", &**token_header);
                Err(Error::new(ErrorKind::Answer, message))
            }
            token => Ok(token),
        }
    }
}

register!(TokenFetcher, "token-fetcher");
