//! Fetches the credential that an upstream wants and sets it on the request.

mod base64;
mod breaker;
mod cache;
mod failure;
mod fetch;
mod fields;
mod fingerprint;
mod metrics;
mod oauth2;
mod query;
mod recipe;
mod retry;
mod settings;
mod steps;
mod supply;
mod target;
mod template;
mod token;

use cache::Cache;
use failure::Failure;
use metrics::Metrics;
use plugin_core::prelude::*;
use settings::Settings;
use target::Present;
use template::Inputs;

/// The plugin's configuration, and the tokens fetched with it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(from = "Settings")]
#[schemars(with = "Settings")]
pub struct TokenFetcher {
    settings: Settings,
    cache: Option<Rc<Cache>>,
    metrics: Metrics,
}

impl From<Settings> for TokenFetcher {
    fn from(mut settings: Settings) -> Self {
        let identity = settings.identity();
        let cache = settings.cache.take().map(|cache| Rc::new(Cache::new(cache, identity)));
        Self { settings, cache, metrics: Metrics::default() }
    }
}

impl Plugin for TokenFetcher {
    async fn on_request(self: Rc<Self>, mut request: Request) -> Result<Flow> {
        let Settings { target, sources, .. } = &self.settings;
        match target.present() {
            Present::Keep if target.is_taken(&request) => return Ok(request.forward()),
            Present::Refuse if target.is_taken(&request) => {
                return Ok(request.reply(Reply::text(400, "credential not allowed\n").details("present")));
            }
            Present::Keep | Present::Refuse | Present::Overwrite => {}
        }
        request.keep_route();
        let inputs = Inputs::read(sources, &request);
        let Some((cache, key)) = self.place(&inputs) else {
            self.metrics.misses.add(1);
            return match self.fetch(&inputs).await {
                Ok(fetched) => self.with(&mut request, &fetched.value).map(|()| request.forward()),
                Err(error) => self.without(request, &error),
            };
        };
        let token = match self.at_hand(&request, &inputs, &key) {
            Some(token) => token,
            None => {
                self.metrics.misses.add(1);
                match self.together(&request.background(), &inputs, cache, &key).await {
                    Ok(token) => token,
                    Err(error) => return self.without(request, &error),
                }
            }
        };
        token.used.set(true);
        self.with(&mut request, &token.value)?;
        if cache.settings.drop_on().is_empty() {
            return Ok(request.forward());
        }
        let response = request.forward_and_wait().await;
        if cache.settings.drop_on().contains(&response.status())
            && response.is_from_upstream()
            && cache.refuse(&key, &token)
        {
            log::warn!("the upstream answered {}: token {} is to be replaced", response.status(), token.fingerprint());
        }
        Ok(response.forward())
    }

    fn on_start(self: Rc<Self>, background: Background) {
        if self.settings.preflight {
            self.preflight(&background);
        }
    }

    /// Errors of the gateway itself. A request that cannot be made safe is not let through.
    fn on_error(&self, error: &Error) -> Fallback {
        log::error!("{error}");
        Fallback::Reply(failure::call_failed("error"))
    }
}

impl TokenFetcher {
    /// Sets a token, as it is dressed, on the request.
    fn with(&self, request: &mut Request, dressed: &FieldValue) -> Result<()> {
        self.settings.target.set(request, dressed)?;
        // Lets access logs tell which token it was, without showing it.
        if self.settings.fingerprint {
            let _ = plugin_core::property::set("token_fingerprint", fingerprint::of_token(dressed.as_bytes()));
        }
        Ok(())
    }

    /// What becomes of a request that gets no token. The client's own does not reach the upstream either.
    fn without(&self, mut request: Request, error: &Error) -> Result<Flow> {
        match self.settings.on_failure.reply(Failure::of(error)) {
            Some(reply) => {
                log::error!("{error}; the client gets {}", reply.status());
                Ok(request.reply(reply))
            }
            None => {
                log::error!("{error}; the request goes on without a token");
                self.settings.target.clear(&mut request)?;
                Ok(request.forward())
            }
        }
    }
}

register!(TokenFetcher, "token-fetcher");
