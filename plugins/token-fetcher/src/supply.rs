//! Tokens for requests: from the cache while one holds, else from one fetch for all who wait.

use crate::TokenFetcher;
use crate::cache::{Cache, Found, Landing, Seat, Token};
use crate::template::Inputs;
use plugin_core::prelude::*;
use plugin_core::time::{millis, sleep};

/// How often tokens are looked after that no request asks for, unless one is due earlier.
const ROUND: Duration = Duration::from_secs(1);

/// Many tokens that are due one after the other are looked after together.
const SHORTEST_ROUND: Duration = Duration::from_millis(100);

/// A key above this many bytes is not worth its place.
const LONGEST_KEY: usize = 8 << 10;

impl TokenFetcher {
    /// The cache and the key of this request in it.
    pub(crate) fn place(&self, inputs: &Inputs) -> Option<(&Rc<Cache>, Vec<u8>)> {
        let cache = self.cache.as_ref()?;
        let key = cache.settings.key().map_or_else(|| inputs.key(), |template| inputs.key_of(template));
        (key.len() <= LONGEST_KEY).then_some((cache, key))
    }

    /// A token that needs no waiting. One that is due is renewed in the background.
    pub(crate) fn at_hand(self: &Rc<Self>, request: &Request, inputs: &Inputs, key: &[u8]) -> Option<Rc<Token>> {
        let cache = self.cache.as_ref()?;
        let token = match cache.find(key) {
            Found::Token { token, due: false } => token,
            Found::Token { token, due: true } => {
                self.refresh(&request.background(), key, inputs);
                token
            }
            Found::Failed(_) => cache.stale(key)?,
            Found::Nothing | Found::Failing => match cache.adopt(key, inputs) {
                Some(token) => {
                    self.look_after(&request.background());
                    token
                }
                None => self.meanwhile(&request.background(), key, inputs)?,
            },
        };
        self.metrics.hits.add(1);
        Some(token)
    }

    /// An old token while a service that has failed is asked again: no request has to wait for it to fail once more.
    fn meanwhile(self: &Rc<Self>, background: &Background, key: &[u8], inputs: &Inputs) -> Option<Rc<Token>> {
        let cache = self.cache.as_ref()?;
        let Found::Failing = cache.find(key) else { return None };
        let token = cache.stale(key)?;
        self.refresh(background, key, inputs);
        Some(token)
    }

    /// Waits for the one fetch that gives all the token of `key`.
    pub(crate) async fn together(
        self: &Rc<Self>,
        background: &Background,
        inputs: &Inputs,
        cache: &Rc<Cache>,
        key: &[u8],
    ) -> Result<Rc<Token>> {
        if let Found::Failed(error) = cache.find(key) {
            return Err(error);
        }
        let flight = match cache.board(key, inputs) {
            Seat::Full => {
                let message = "too many requests wait for this token already";
                return cache.stale(key).ok_or_else(|| Error::new(ErrorKind::Unreachable, message));
            }
            Seat::Passenger(flight) => {
                self.metrics.waits.add(1);
                flight
            }
            Seat::Pilot(flight) => {
                let landing = Landing::new(cache.clone(), key.to_vec(), flight.clone());
                self.take_off(background, landing, inputs.clone());
                flight
            }
        };
        match flight.wait().await {
            Some(Err(error)) => cache.stale(key).ok_or(error),
            Some(token) => token,
            // The root context is gone: without its tick a fetch in the background never begins.
            None => self.fetch(inputs).await.map(Token::for_once),
        }
    }

    /// Fetches in the background unless somebody does so already, or another worker has done.
    #[inline(never)]
    fn refresh(self: &Rc<Self>, background: &Background, key: &[u8], inputs: &Inputs) {
        let Some(cache) = &self.cache else { return };
        if cache.adopt(key, inputs).is_some() {
            return;
        }
        if let Seat::Pilot(flight) = cache.board(key, inputs) {
            self.metrics.refreshes.add(1);
            self.take_off(background, Landing::new(cache.clone(), key.to_vec(), flight), inputs.clone());
        }
    }

    #[inline(never)]
    fn take_off(self: &Rc<Self>, background: &Background, landing: Landing, inputs: Inputs) {
        let plugin = self.clone();
        background.spawn(async move {
            let result = plugin.fetch(&inputs).await;
            let Some(cache) = &plugin.cache else { return };
            let outcome = match result {
                Ok(fetched) => {
                    let token = cache.store(landing.key(), fetched.value, fetched.lifetime);
                    log::debug!("fetched token {} for {} ms", token.fingerprint(), millis(fetched.lifetime));
                    Ok(token)
                }
                Err(error) => {
                    log::warn!("no new token: {error}");
                    cache.note_failure(landing.key(), &error);
                    Err(error)
                }
            };
            landing.end(outcome);
        });
        self.look_after(background);
    }

    /// Renews tokens in use before they run out, and forgets those that nobody can use any more.
    fn look_after(self: &Rc<Self>, background: &Background) {
        let Some(cache) = self.cache.clone().filter(|cache| !cache.kept.replace(true)) else { return };
        let (plugin, inner) = (self.clone(), background.clone());
        background.spawn(async move {
            let mut pause = ROUND;
            loop {
                sleep(pause).await;
                let swept = cache.sweep();
                for (key, inputs) in &swept.due {
                    plugin.refresh(&inner, key, inputs);
                }
                if !swept.any_left {
                    cache.kept.set(false);
                    return;
                }
                pause = swept.next.map_or(ROUND, |next| next.clamp(SHORTEST_ROUND, ROUND));
            }
        });
    }

    /// Fetches a first token before any request comes, and says in one line how that went.
    pub(crate) fn preflight(self: Rc<Self>, background: &Background) {
        let inner = background.clone();
        background.spawn(async move {
            let inputs = Inputs::default();
            let place = self.place(&inputs);
            if let Some((cache, key)) = &place
                && cache.adopt(key, &inputs).is_some()
            {
                return self.metrics.ready.set(1);
            }
            self.metrics.misses.add(1);
            let result = match &place {
                Some((cache, key)) => self.together(&inner, &inputs, cache, key).await,
                None => self.fetch(&inputs).await.map(Token::for_once),
            };
            match result {
                Ok(token) => {
                    self.metrics.ready.set(1);
                    log::info!("preflight: the service gives tokens, this one is {}", token.fingerprint());
                }
                Err(error) => {
                    self.metrics.ready.set(0);
                    log::error!("preflight: {error}");
                }
            }
        });
    }
}
