//! Whom a gRPC call or stream tells what came: the plugin, one thing after the other.

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::super::event::{Event, EventKind};
use super::super::room::{Pool, Taken};
use crate::grpc::{GrpcNews, is_call};
use crate::headers::Headers;

/// Something of a gRPC call or stream. The next comes when this is dropped, so that nothing piles up.
#[derive(Debug)]
pub struct GrpcEvent {
    /// Of the call or stream.
    pub token: u32,
    /// What came.
    pub news: GrpcNews,
    _told: oneshot::Sender<()>,
}

/// The way to the plugin.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) machine: u64,
    pub(super) token: u32,
    pub(super) events: UnboundedSender<Event>,
    pub(super) room: Pool,
    /// The message of a call, which counts once the call has ended well.
    pub(super) message: Option<(Vec<u8>, Taken)>,
}

impl Listener {
    pub(super) async fn headers(&self, headers: Headers) {
        if !is_call(self.token) {
            self.tell(GrpcNews::Headers(headers), None).await;
        }
    }

    /// `false` when there is no room for it.
    pub(super) async fn message(&mut self, message: Vec<u8>) -> bool {
        let Some(taken) = self.room.take(message.len()) else { return false };
        if is_call(self.token) {
            self.message = Some((message, taken));
        } else {
            self.tell(GrpcNews::Message(message), Some(taken)).await;
        }
        true
    }

    pub(super) async fn trailers(&self, trailers: Headers) {
        if !is_call(self.token) {
            self.tell(GrpcNews::Trailers(trailers), None).await;
        }
    }

    /// Of a call that ended well its message is told in place of its end.
    pub(super) async fn closed(mut self, status: u32, message: String) {
        /// What an answer without a message is.
        const INTERNAL: u32 = 13;
        let (news, room) = match self.message.take() {
            _ if !is_call(self.token) || status != 0 => (GrpcNews::Closed { status, message }, None),
            Some((message, taken)) => (GrpcNews::Message(message), Some(taken)),
            None => (GrpcNews::Closed { status: INTERNAL, message: String::new() }, None),
        };
        self.tell(news, room).await;
    }

    async fn tell(&self, news: GrpcNews, room: Option<Taken>) {
        let (told, heard) = oneshot::channel();
        let kind = EventKind::Grpc(GrpcEvent { token: self.token, news, _told: told });
        // Nobody is left to hear it when the thread ends.
        let _ = self.events.send(Event { machine: self.machine, kind, _room: room });
        // Nothing is ever sent: the end of the sender is the news.
        let _ = heard.await;
    }
}
