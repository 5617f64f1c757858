//! gRPC calls and streams of one machine that are under way.

mod body;
mod exchange;
mod frames;
mod listener;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::{AbortHandle, JoinSet};

pub use listener::GrpcEvent;

use super::event::Event;
use super::room::Room;
use crate::bootstrap::UpstreamProtocol;
use crate::cluster::{Cluster, Host};
use crate::grpc::{GrpcAsked, GrpcCall};
use crate::log::{Component, Level, Log};
use crate::world::Refused;
use body::{Messages, Piece};
use listener::Listener;

/// All of one machine. They are broken off with it.
#[derive(Debug, Default)]
pub(super) struct GrpcCalls {
    open: Rc<RefCell<HashMap<u32, Open>>>,
    tasks: RefCell<JoinSet<()>>,
}

/// One that is under way.
#[derive(Debug)]
struct Open {
    /// Where messages of the plugin go, until it has closed its side.
    messages: Option<UnboundedSender<Piece>>,
    task: AbortHandle,
}

/// Who wants to know of a call or stream.
pub(super) struct Asking<'a> {
    pub(super) machine: u64,
    pub(super) token: u32,
    pub(super) events: &'a UnboundedSender<Event>,
    pub(super) room: &'a Room,
    pub(super) log: &'a Arc<Log>,
}

impl GrpcCalls {
    /// Must be called inside a `LocalSet`.
    ///
    /// # Errors
    /// [`Refused::NoHost`] when too much waits already.
    pub(super) fn start(
        &self,
        from: &Asking<'_>,
        cluster: Rc<Cluster>,
        host: Rc<Host>,
        mut call: GrpcCall,
    ) -> Result<(), Refused> {
        let open = from.room.call(call.metadata.bytes()).ok_or(Refused::NoHost)?;
        let (sender, pieces) = unbounded_channel();
        let mut messages = Some(sender);
        if let GrpcAsked::Call { message, .. } = &mut call.asked {
            send(&mut messages, from.room, Some(&std::mem::take(message)), true)?;
        }
        let token = from.token;
        let listener = Listener {
            machine: from.machine,
            token,
            events: from.events.clone(),
            room: from.room.answered.clone(),
            message: None,
        };
        let (all, log) = (Rc::clone(&self.open), Arc::clone(from.log));
        let mut tasks = self.tasks.borrow_mut();
        while tasks.try_join_next().is_some() {}
        let task = tasks.spawn_local(async move {
            let about = format!("gRPC {}/{} of the cluster {:?}", call.service, call.method, call.cluster);
            let http1 = matches!(cluster.settings().protocol, UpstreamProtocol::Http1 { .. });
            let (status, message) = exchange::run(&cluster, &host, call, Messages::new(pieces), listener).await;
            all.borrow_mut().remove(&token);
            drop(open);
            let advice = if http1 { "; the cluster speaks HTTP/1.1: gRPC needs http2_protocol_options" } else { "" };
            let level = if http1 && status != 0 { Level::Warn } else { Level::Debug };
            log.write(Component::Wasm, level, format_args!("{about} ended with {status} {message:?}{advice}"));
        });
        self.open.borrow_mut().insert(token, Open { messages, task });
        Ok(())
    }

    /// Nothing is sent when it is over already.
    pub(super) fn send(&self, token: u32, room: &Room, message: Option<&[u8]>, end: bool) -> Result<(), Refused> {
        match self.open.borrow_mut().get_mut(&token) {
            Some(open) => send(&mut open.messages, room, message, end),
            None => Ok(()),
        }
    }

    pub(super) fn cancel(&self, token: u32) {
        if let Some(open) = self.open.borrow_mut().remove(&token) {
            open.task.abort();
        }
    }
}

fn send(
    messages: &mut Option<UnboundedSender<Piece>>,
    room: &Room,
    message: Option<&[u8]>,
    end: bool,
) -> Result<(), Refused> {
    let Some(sender) = messages else { return Ok(()) };
    if let Some(message) = message {
        let taken = room.asked.take(message.len()).ok_or(Refused::NoHost)?;
        // A service that has closed its side takes nothing more.
        let _ = sender.send(Piece::Message { frame: frames::frame(message), _room: taken });
    }
    if end {
        let _ = sender.send(Piece::End);
        *messages = None;
    }
    Ok(())
}
