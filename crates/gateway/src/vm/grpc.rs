//! What comes back of gRPC calls and streams.

use super::answers::number;
use super::guest::Answer;
use super::{Effects, Vm};
use crate::grpc::{GrpcNews, is_call};

impl Vm {
    /// Something has come back of a gRPC call or stream. Unknown tokens are ignored.
    ///
    /// Of a call that went well the plugin gets its message and nothing else, of one that did not how it was closed.
    pub fn grpc_news(&mut self, token: u32, news: GrpcNews) -> Effects {
        let guest = self.store.data_mut();
        let Some(call) = guest.grpc.get_mut(&token) else { return Effects::new() };
        let root = call.root;
        call.closed_there = matches!(news, GrpcNews::Closed { .. }) || is_call(token);
        guest.running.grpc_news(token, &news);
        let exports = &self.exports;
        let (name, callback, about) = match &news {
            GrpcNews::Headers(headers) => {
                ("proxy_on_grpc_receive_initial_metadata", &exports.grpc_headers, number(headers.len()))
            }
            GrpcNews::Message(message) => ("proxy_on_grpc_receive", &exports.grpc_message, number(message.len())),
            GrpcNews::Trailers(trailers) => {
                ("proxy_on_grpc_receive_trailing_metadata", &exports.grpc_trailers, number(trailers.len()))
            }
            GrpcNews::Closed { status, .. } => ("proxy_on_grpc_close", &exports.grpc_close, *status),
        };
        let callback = callback.clone();
        let effects = self.event(Answer::Grpc(news), |vm| vm.callback(name, root, callback, (root, token, about)));
        // Only now: inside the callback the guest may still close or cancel it. A stream stays until the guest has
        // closed its side too.
        let guest = self.store.data_mut();
        if guest.grpc.get(&token).is_some_and(|call| call.closed_there && (call.closed_here || is_call(token))) {
            guest.grpc.remove(&token);
        }
        effects
    }
}
