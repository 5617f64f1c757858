//! The request of a gRPC call or stream: messages as the plugin sends them.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::mpsc::UnboundedReceiver;

use super::super::room::Taken;
use crate::cluster::BoxError;

/// A piece of a request.
#[derive(Debug)]
pub(super) enum Piece {
    /// A message in its frame, with the room that it takes until it goes out.
    Message { frame: Bytes, _room: Taken },
    /// Nothing follows.
    End,
}

/// What is sent. Without an end it breaks when its other side is dropped, so that the service is told of a reset.
#[derive(Debug)]
pub(super) struct Messages {
    pieces: UnboundedReceiver<Piece>,
    ended: bool,
}

impl Messages {
    pub(super) fn new(pieces: UnboundedReceiver<Piece>) -> Self {
        Self { pieces, ended: false }
    }
}

impl Body for Messages {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        match ready!(self.pieces.poll_recv(cx)) {
            Some(Piece::Message { frame, .. }) => Poll::Ready(Some(Ok(Frame::data(frame)))),
            Some(Piece::End) => {
                self.ended = true;
                Poll::Ready(None)
            }
            None => Poll::Ready(Some(Err("the plugin broke the stream off".into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }
}
