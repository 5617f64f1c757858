//! The end of exchanges and plugins, and what becomes of exchanges when their machine crashes.

use super::guest::{Life, LogView};
use super::{Effects, RootId, StreamId, Vm};
use crate::bootstrap::FailurePolicy;
use crate::stream::LocalReply;

/// What a gateway tells about an answer that a crash forced.
const CRASH_DETAILS: &str = "wasm_fail_stream";

impl Vm {
    /// Ends an exchange: nothing is shown to the plugin any more but its log phase, then the context goes.
    ///
    /// A plugin may keep the context for calls it still waits for; then it goes when the plugin says so.
    pub fn finish_stream(&mut self, id: StreamId, view: LogView) -> Effects {
        let mut effects = Effects::new();
        let Some(stream) = self.stream(id.0).filter(|stream| stream.life == Life::Running) else { return effects };
        stream.request.close();
        stream.response.close();
        // Awaited at once: `proxy_done` may be called from inside `proxy_on_done`.
        stream.life = Life::Awaited;
        let done = self.exports.done.clone();
        let waits = match self.callback("proxy_on_done", id.0, done, id.0) {
            Ok(answer) => answer == Some(0),
            Err(_) => self.crashed(&mut effects),
        };
        if let Some(stream) = self.stream(id.0) {
            stream.log = Some(view);
        }
        let log = self.exports.log.clone();
        if self.callback("proxy_on_log", id.0, log, id.0).is_err() {
            self.crashed(&mut effects);
        }
        if let Some(stream) = self.stream(id.0) {
            stream.log = None;
        }
        self.settle(&mut effects);
        if !waits || self.crash.is_some() {
            self.delete(id.0, &mut effects);
        }
        // Nobody is left to do anything about this exchange.
        effects.retain(|(stream, _)| *stream != id);
        effects
    }

    /// Ends a plugin, for instance because a newer configuration took its place. Its exchanges must be finished.
    ///
    /// A plugin may stay for calls it still waits for; then it goes when it says so.
    pub fn end_plugin(&mut self, root: RootId) -> Effects {
        let mut effects = Effects::new();
        let guest = self.store.data_mut();
        // Noted at once: `proxy_done` may be called from inside `proxy_on_done`.
        if !guest.roots.contains_key(&root.0) || !guest.ending.insert(root.0) {
            return effects;
        }
        let done = self.exports.done.clone();
        let waits = match self.callback("proxy_on_done", root.0, done, root.0) {
            Ok(answer) => answer == Some(0),
            Err(_) => self.crashed(&mut effects),
        };
        self.settle(&mut effects);
        if !waits || self.crash.is_some() {
            self.delete(root.0, &mut effects);
            self.settle(&mut effects);
        }
        effects
    }

    pub(super) fn delete(&mut self, context: u32, effects: &mut Effects) {
        let guest = self.store.data();
        if !guest.knows(context) {
            return;
        }
        let delete = self.exports.delete.clone();
        let outcome = self.callback("proxy_on_delete", context, delete, context);
        let guest = self.store.data_mut();
        guest.streams.remove(&context);
        guest.declared.retain(|(declarer, _), _| *declarer != context);
        if guest.roots.remove(&context).is_some() {
            guest.queues.retain(|_, root| *root != context);
            guest.ending.remove(&context);
            guest.expressions.remove(&context);
            guest.told.retain(|(root, _)| *root != context);
            guest.world.set_tick(context, None);
            guest.forget_calls(context);
        }
        if outcome.is_err() {
            self.crashed(effects);
        }
    }

    /// The machine has crashed just now: no answer will be given to the guest any more, and every exchange is decided.
    pub(super) fn crashed(&mut self, effects: &mut Effects) -> bool {
        let guest = self.store.data_mut();
        guest.deferred.clear();
        guest.http_calls.clear();
        guest.redis_calls.clear();
        for (token, _) in guest.grpc.drain() {
            guest.world.grpc_cancel(token);
        }
        guest.running.crashed();
        let roots: Vec<u32> = guest.roots.keys().copied().collect();
        let mut streams: Vec<u32> = guest.streams.keys().copied().collect();
        for root in roots {
            guest.world.set_tick(root, None);
        }
        streams.sort_unstable();
        for context in streams {
            self.without_guest(context, effects);
        }
        false
    }

    /// Leaves the plugin out of an exchange when it fails open, answers the exchange with 503 when it fails closed.
    pub(super) fn without_guest(&mut self, context: u32, effects: &mut Effects) {
        let guest = self.store.data_mut();
        let Some(stream) = guest.streams.get_mut(&context).filter(|stream| !stream.bypassed) else { return };
        stream.bypassed = true;
        let open = guest.roots.get(&stream.root).is_some_and(|it| it.failure_policy == FailurePolicy::FailOpen);
        if open || stream.life != Life::Running {
            return;
        }
        let reply = LocalReply { status: 503, details: CRASH_DETAILS.to_owned(), ..LocalReply::default() };
        self.reply(context, reply, effects);
    }
}
