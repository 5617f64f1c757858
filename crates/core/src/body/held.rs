//! A complete body in the gateway's hands, and the changes that may be made to it there.

use crate::error::{Error, ErrorKind, Result};
use crate::exchange::Exchange;
use crate::headers::{Headers, HeadersMut};
use crate::host::{Direction, Host, HostError, host};
use std::rc::Rc;

/// Past the end of any buffer, whatever integer the host reads it as.
const END: usize = i32::MAX as usize;

pub(super) struct Held {
    exchange: Rc<Exchange>,
    direction: Direction,
    bytes: Vec<u8>,
}

impl Held {
    pub(super) fn new(exchange: Rc<Exchange>, direction: Direction, bytes: Vec<u8>) -> Self {
        Self { exchange, direction, bytes }
    }

    pub(super) fn exchange(self) -> Rc<Exchange> {
        self.exchange
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn replace(&mut self, bytes: Vec<u8>) -> Result<()> {
        self.write(0, END, &bytes)?;
        self.bytes = bytes;
        Ok(())
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.write(END, 0, bytes)?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    pub(super) fn prepend(&mut self, bytes: &[u8]) -> Result<()> {
        self.write(0, 0, bytes)?;
        self.bytes.splice(0..0, bytes.iter().copied());
        Ok(())
    }

    fn write(&self, start: usize, length: usize, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() && (length == 0 || self.bytes.is_empty()) {
            // Nothing changes, and a message without a body would refuse even that.
            return Ok(());
        }
        let side = self.exchange.side(self.direction);
        host().set_buffer(side.buffer(), start, length, bytes).map_err(|status| match status {
            HostError::NOT_FOUND | HostError::BAD_ARGUMENT => {
                Error::new(ErrorKind::NoBody, "the message has no body, and the gateway cannot give it one")
            }
            status => Error::new(ErrorKind::Host, format!("change a body: {status}")),
        })
    }

    pub(super) fn trailers(&self) -> Option<Headers<'_>> {
        let side = self.exchange.side(self.direction);
        side.trailers.get().then(|| Headers::new(side.trailers_map()))
    }

    pub(super) fn trailers_mut(&mut self) -> Option<HeadersMut<'_>> {
        let side = self.exchange.side(self.direction);
        side.trailers.get().then(|| HeadersMut::new(side.trailers_map()))
    }

    /// Makes `content-length`, where there is one, true again.
    pub(super) fn correct_length(&self) -> Result<()> {
        let mut headers = HeadersMut::new(self.exchange.side(self.direction).headers_map());
        match headers.get("content-length") {
            Some(_) => headers.set("content-length", self.bytes.len().to_string()),
            None => Ok(()),
        }
    }
}
