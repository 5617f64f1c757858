//! An exchange after its connection was upgraded: bytes both ways, through the plugins, until one side closes.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use bytes::{Buf, Bytes};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};

use super::drive::Driver;
use crate::abi::Direction;
use crate::worker::{Message, Output};

/// The most bytes that are read at once.
const PIECE: usize = 16 * 1024;

/// Carries bytes until one side closes or a plugin ends the exchange.
pub(super) async fn run(mut driver: Driver, client: OnUpgrade, upstream: OnUpgrade) {
    // Without one of the connections there is nothing to carry.
    let Ok((client, upstream)) = tokio::try_join!(client, upstream) else { return };
    let (mut client, mut upstream) = (Side::new(client), Side::new(upstream));
    loop {
        while let Some(output) = driver.live.next_output() {
            match output {
                Output::ToUpstream(Message::Data { bytes, .. }) => upstream.send(bytes),
                Output::ToClient(Message::Data { bytes, end }) => {
                    driver.live.record.borrow_mut().sent += bytes.len() as u64;
                    client.send(bytes);
                    driver.client.end_if(end);
                }
                Output::Reading { direction: Direction::Request, stop } => client.held = stop,
                Output::Reading { direction: Direction::Response, stop } => upstream.held = stop,
                Output::ToUpstream(_) | Output::ToClient(_) => {}
                Output::Reset => return driver.live.record.borrow_mut().closed_by_plugin(),
                Output::Answered => return,
            }
        }
        if driver.client.is_whole() && client.pending.is_empty() {
            // The client may have closed its side already.
            let _ = client.writer.shutdown().await;
            return;
        }
        let live = Rc::clone(&driver.live);
        tokio::select! {
            () = driver.idle.pass() => return live.record.borrow_mut().idled(),
            () = poll_fn(|cx| if live.has_output(cx.waker()) { Poll::Ready(()) } else { Poll::Pending }) => {}
            read = client.reader.read(&mut client.buffer), if !client.held && upstream.pending.is_empty() => {
                // The client is gone when there is nothing more to read.
                let Some(bytes) = read.ok().and_then(|size| client.buffer.get(..size)).filter(|it| !it.is_empty()) else { return };
                live.record.borrow_mut().received += bytes.len() as u64;
                let message = Message::Data { bytes: bytes.to_vec(), end: false };
                driver.tell(|worker, id| worker.from_client(id, message));
            }
            read = upstream.reader.read(&mut upstream.buffer), if !upstream.held && !upstream.ended && client.pending.is_empty() => {
                let bytes = read.ok().and_then(|size| upstream.buffer.get(..size)).unwrap_or_default();
                upstream.ended = bytes.is_empty();
                let message = Message::Data { bytes: bytes.to_vec(), end: bytes.is_empty() };
                driver.tell(|worker, id| worker.from_upstream(id, message));
            }
            written = client.writer.write(&client.pending), if !client.pending.is_empty() => {
                let Ok(size) = written else { return };
                client.pending.advance(size);
            }
            written = upstream.writer.write(&upstream.pending), if !upstream.pending.is_empty() => {
                let Ok(size) = written else { return };
                upstream.pending.advance(size);
            }
        }
    }
}

/// One of the two connections.
struct Side {
    reader: ReadHalf<TokioIo<Upgraded>>,
    writer: WriteHalf<TokioIo<Upgraded>>,
    buffer: Vec<u8>,
    /// Waits to be written.
    pending: Bytes,
    /// A plugin's buffer is full: nothing is read.
    held: bool,
    /// Nothing more comes.
    ended: bool,
}

impl Side {
    fn new(connection: Upgraded) -> Self {
        let (reader, writer) = tokio::io::split(TokioIo::new(connection));
        Self { reader, writer, buffer: vec![0; PIECE], pending: Bytes::new(), held: false, ended: false }
    }

    fn send(&mut self, bytes: Vec<u8>) {
        self.pending = if self.pending.is_empty() { bytes.into() } else { [&self.pending[..], &bytes].concat().into() };
    }
}
