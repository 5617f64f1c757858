//! What an operator writes, and what becomes of it: one recipe for a token and one place for it.

use crate::breaker::Breaker;
use crate::cache::CacheSettings;
use crate::failure::Policies;
use crate::fingerprint::Fnv;
use crate::oauth2::ClientCredentials;
use crate::recipe::{Extra, Path, Recipe};
use crate::retry::{Retry, TimeoutMs};
use crate::steps::{self, Step};
use crate::target::{Target, TokenHeader};
use crate::template::{Source, Template};
use crate::token::{Place, Pointer, Success};
use plugin_core::config::Both;
use plugin_core::prelude::*;
use std::hash::{Hash, Hasher};

/// The plugin's settings, checked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "Both<Own, Service>")]
#[schemars(with = "Both<Own, Service>")]
pub(crate) struct Settings {
    pub(crate) steps: Vec<Step>,
    pub(crate) recipe: Recipe,
    /// What the templates need to know of a request.
    pub(crate) sources: Vec<Source>,
    pub(crate) success: Success,
    pub(crate) token: Place,
    pub(crate) target: Target,
    pub(crate) retry: Retry,
    pub(crate) on_failure: Policies,
    pub(crate) cache: Option<CacheSettings>,
    pub(crate) breaker: Option<Breaker>,
    pub(crate) preflight: bool,
    pub(crate) fingerprint: bool,
}

/// The keys beside those that name the service.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Own {
    /// The path to ask for, with a query if need be.
    request_path: Path,
    /// The header of the answer that is set on the request. Required without `oauth2`, or `token` and `target`; not
    /// beside both `token` and `target`.
    token_header: Option<TokenHeader>,
    /// Calls that come before, see below.
    #[serde(default)]
    steps: Vec<Step>,
    /// How to ask, see below.
    #[serde(default)]
    request: Extra,
    /// Asks as OAuth 2.0's client credentials grant does, see below.
    #[schemars(title = "OAuth 2.0")]
    oauth2: Option<ClientCredentials>,
    /// What a good answer has.
    #[serde(default)]
    success: Success,
    /// Where the token stands in the answer: one of these, or `body`, which is the whole body. Without it, the header
    /// that `tokenHeader` names.
    token: Option<Place>,
    /// Where the token goes in the request: one of `header`, `query` and `cookie` with a name. Without it, the header
    /// that `tokenHeader` names.
    target: Option<Target>,
    /// How many milliseconds a token may take in all, with all tries and steps.
    #[serde(default)]
    #[schemars(extend("default" = 500))]
    timeout_ms: TimeoutMs,
    /// Tries again what may pass: no connection, no answer, and 502 to 504.
    #[serde(default)]
    retry: Retry,
    /// What becomes of a request without a token, by what happened. The table above has the defaults.
    #[serde(default)]
    on_failure: Policies,
    /// Keeps tokens, see below. Off unless given; `{}` with `oauth2`.
    cache: Option<CacheSettings>,
    /// Leaves the service alone when it fails, and then asks it once. Each worker counts for itself.
    circuit_breaker: Option<Breaker>,
    /// Fetches a token at the start, in each worker and in the gateway's main thread, and says in one line of the log how
    /// that went. For calls without `${request...}`.
    #[serde(default)]
    preflight: bool,
    /// Lets access logs tell which token it was, without showing it: eight digits in
    /// `%FILTER_STATE(wasm.token_fingerprint:PLAIN)%`.
    #[serde(default)]
    fingerprint: bool,
}

impl TryFrom<Both<Own, Service>> for Settings {
    type Error = String;

    fn try_from(Both(own, service): Both<Own, Service>) -> Result<Self, Self::Error> {
        if let Some(fault) = own.fault() {
            return Err(fault.to_owned());
        }
        let is_oauth2 = own.oauth2.is_some();
        let extra = match own.oauth2 {
            Some(client) => client.write_into(own.request),
            None => own.request,
        };
        // Where neither is given there is `oauth2`, or a fault was found above.
        let token = match (own.token, &own.token_header) {
            (Some(place), _) => place,
            (None, Some(name)) => Place::Header(name.clone().into_name()),
            (None, None) => Place::Json(Pointer::of("access_token")),
        };
        let target = match (own.target, own.token_header) {
            (Some(target), _) => target,
            (None, Some(name)) => Target::header(name, FieldValue::from_static("")),
            (None, None) => Target::header(TokenHeader::AUTHORIZATION, FieldValue::from_static("Bearer ")),
        };
        let mut settings = Self {
            steps: own.steps,
            recipe: Recipe::new(service, own.request_path, extra)?,
            sources: Vec::new(),
            success: own.success,
            token,
            target,
            retry: own.retry.within(own.timeout_ms.into()),
            on_failure: own.on_failure,
            // A token that says how long it holds is not fetched for each request.
            cache: own.cache.or_else(|| is_oauth2.then(CacheSettings::default)),
            breaker: own.circuit_breaker,
            preflight: own.preflight,
            fingerprint: own.fingerprint,
        };
        settings.sources = settings.needed()?;
        match settings.preflight && !settings.sources.is_empty() {
            true => Err("$.preflight: a first call cannot be made, because templates need a request".to_owned()),
            false => Ok(settings),
        }
    }
}

impl Own {
    /// What cannot stand together, or is missing.
    fn fault(&self) -> Option<&'static str> {
        let (header, oauth2) = (self.token_header.is_some(), self.oauth2.as_ref());
        if oauth2.is_some() && self.request.says_how() {
            return Some("$.request: `oauth2` sets method and body itself; `query` and `headers` may stand beside it");
        }
        if oauth2.is_some_and(ClientCredentials::sets_authorization) && self.request.has_header("authorization") {
            return Some("$.request.headers: `oauth2` sets `authorization` itself; with `auth: body` it does not");
        }
        match (self.token.is_some(), self.target.is_some()) {
            (true, true) if header => Some("$.tokenHeader: has no effect beside `token` and `target`; leave it out"),
            (false, _) if !header && oauth2.is_none() => {
                Some("missing key `tokenHeader`, the header that carries the token")
            }
            (_, false) if !header && oauth2.is_none() => {
                Some("missing key `tokenHeader`, or `target`, the place where the token goes")
            }
            _ => None,
        }
    }
}

impl Settings {
    /// What the calls and the cache need to know of a request.
    fn needed(&self) -> Result<Vec<Source>, String> {
        let mut sources = steps::sources(&self.steps, &self.recipe)?;
        for source in self.cache.iter().filter_map(CacheSettings::key).flat_map(Template::sources) {
            match source {
                Source::Step(..) => return Err("$.cache.key: what a step gives is not known yet".to_owned()),
                _ if sources.contains(source) => {}
                _ => sources.push(source.clone()),
            }
        }
        Ok(sources)
    }

    /// The same number for settings that give the same tokens: workers share no others.
    pub(crate) fn identity(&self) -> u64 {
        let mut hasher = Fnv::new();
        self.steps.iter().for_each(|step| step.hash(&mut hasher));
        self.recipe.hash(&mut hasher);
        self.token.hash(&mut hasher);
        self.target.hash(&mut hasher);
        self.cache.as_ref().map(CacheSettings::key).hash(&mut hasher);
        hasher.finish()
    }
}
