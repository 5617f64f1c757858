//! The Redis of the fake gateway: what was sent to it, and what the test answers.

use super::bench::Bench;
use super::host::{ROOT, RedisInit};
use crate::redis::{Value, encode, parts};
use crate::runtime;
use crate::slot::Outcome;

/// A Redis command that the plugin sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentRedis {
    /// Envoy cluster.
    pub cluster: String,
    /// The command's name and arguments; bytes that are no UTF-8 are replaced.
    pub parts: Vec<String>,
}

impl<P> Bench<P> {
    /// What the gateway was told of Redis clusters so far, in order. Each closes a cluster's connections.
    pub fn redis_inits(&self) -> Vec<RedisInit> {
        self.host.peek().redis_inits.clone()
    }

    /// The Redis commands sent so far, in order.
    pub fn redis_calls(&self) -> Vec<SentRedis> {
        let state = self.host.peek();
        let calls = state.redis_calls.iter();
        calls.map(|call| SentRedis { cluster: call.cluster.clone(), parts: parts(&call.bytes) }).collect()
    }

    /// Answers command number `index`. An error is `Value::Error(ErrorReply::new("LOADING ..."))`.
    pub fn answer_redis(&self, index: usize, reply: Value) {
        let mut bytes = Vec::new();
        encode(&reply, &mut bytes);
        self.answer_redis_bytes(index, &bytes);
    }

    /// Answers command number `index` with bytes, which need not be a reply.
    pub fn answer_redis_bytes(&self, index: usize, bytes: &[u8]) {
        self.finish_redis(index, |max_reply| match bytes.len() {
            size if size > max_reply => Outcome::TooLarge(size),
            _ => Outcome::Reply(bytes.to_vec()),
        });
    }

    /// Breaks the connection on which command number `index` waits.
    pub fn break_redis(&self, index: usize) {
        self.finish_redis(index, |_| Outcome::Reset);
    }

    /// Plays a Redis: answers all commands that wait, and those that the plugin sends because of the answers. How many
    /// that were.
    pub fn serve_redis(&self, mut answer: impl FnMut(&[String]) -> Value) -> usize {
        for served in 0.. {
            let waiting = {
                let state = self.host.peek();
                let found = state.redis_calls.iter().enumerate().find(|(_, call)| !call.answered);
                found.map(|(index, call)| (index, parts(&call.bytes)))
            };
            match waiting {
                Some((index, command)) => self.answer_redis(index, answer(&command)),
                None => return served,
            }
        }
        0
    }

    fn finish_redis(&self, index: usize, outcome: impl FnOnce(usize) -> Outcome) {
        let token = {
            let mut state = self.host.peek();
            state.effective = ROOT;
            state.redis_calls.get_mut(index).map(|call| {
                call.answered = true;
                call.token
            })
        };
        if let Some(token) = token {
            runtime::on_call_done(ROOT, token, outcome);
        }
    }
}
