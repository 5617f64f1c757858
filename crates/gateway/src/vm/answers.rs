//! What comes to a plugin from outside an exchange: answers of calls, ticks, queues.

use super::guest::Answer;
use super::{Effects, RootId, Vm};
use crate::headers::Headers;
use crate::world::HttpAnswer;

/// How an ended Redis command is told: 0 for a reply, even one that is an error, 1 when there is none.
const REDIS_OK: u32 = 0;
const REDIS_NETWORK_ERROR: u32 = 1;

impl Vm {
    /// The answer of an HTTP call; `None` when the connection was reset. Unknown tokens are ignored.
    pub fn http_answered(&mut self, token: u32, answer: Option<HttpAnswer>) -> Effects {
        let guest = self.store.data_mut();
        let Some(root) = guest.http_calls.remove(&token) else { return Effects::new() };
        guest.running.http_answered(token, answer.as_ref());
        let count = |headers: &Headers| number(headers.len());
        let sizes = answer
            .as_ref()
            .map_or((0, 0, 0), |answer| (count(&answer.headers), number(answer.body.len()), count(&answer.trailers)));
        let shown = answer.map_or(Answer::HttpReset, Answer::Http);
        let (headers, body, trailers) = sizes;
        let callback = self.exports.http_call_response.clone();
        self.event(shown, |vm| {
            vm.callback("proxy_on_http_call_response", root, callback, (root, token, headers, body, trailers))
        })
    }

    /// The reply to a Redis command as it came from the connection; `None` when the connection failed.
    /// Unknown tokens are ignored.
    pub fn redis_answered(&mut self, token: u32, reply: Option<Vec<u8>>) -> Effects {
        let guest = self.store.data_mut();
        let Some(root) = guest.redis_calls.remove(&token) else { return Effects::new() };
        guest.running.redis_answered(token, reply.as_deref());
        let (status, size) = match &reply {
            Some(reply) => (REDIS_OK, number(reply.len())),
            None => (REDIS_NETWORK_ERROR, 0),
        };
        let callback = self.exports.redis_call_response.clone();
        self.event(reply.map_or(Answer::None, Answer::Redis), |vm| {
            vm.callback("proxy_on_redis_call_response", root, callback, (root, token, status, size))
        })
    }

    /// A period that the plugin asked for has passed.
    pub fn tick(&mut self, root: RootId) -> Effects {
        let callback = self.exports.tick.clone();
        self.event(Answer::None, |vm| vm.callback("proxy_on_tick", root.0, callback, root.0))
    }

    /// Something was put into a shared queue. Nothing happens when no plugin here registered it.
    pub fn queue_ready(&mut self, token: u32) -> Effects {
        let Some(root) = self.store.data().queues.get(&token).copied() else { return Effects::new() };
        let callback = self.exports.queue_ready.clone();
        self.event(Answer::None, |vm| vm.callback("proxy_on_queue_ready", root, callback, (root, token)))
    }

    /// Shows an answer during one callback, and does what the callback asked for.
    pub(super) fn event(
        &mut self,
        answer: Answer,
        callback: impl FnOnce(&mut Self) -> Result<Option<()>, super::Crash>,
    ) -> Effects {
        self.store.data_mut().answer = answer;
        let outcome = callback(self);
        self.store.data_mut().answer = Answer::None;
        let mut effects = Effects::new();
        if outcome.is_err() {
            self.crashed(&mut effects);
        }
        self.settle(&mut effects);
        effects
    }
}

/// Counts and sizes as the ABI has them.
pub(super) fn number(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}
