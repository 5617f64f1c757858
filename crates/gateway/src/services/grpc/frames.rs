//! The frames in which gRPC messages travel: a flag, four bytes of length, the message.

use bytes::{Buf, Bytes, BytesMut};

/// Bytes before each message.
const HEAD: usize = 5;

/// A message as it is sent.
pub(super) fn frame(message: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(HEAD + message.len());
    frame.push(0);
    frame.extend(u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
    frame.extend(message);
    frame.into()
}

/// Takes frames apart as their bytes come.
#[derive(Debug)]
pub(super) struct Frames {
    bytes: BytesMut,
    /// The bytes that a message may have.
    most: usize,
}

/// Why a service's messages cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A message is compressed, which nobody has asked for.
    Flags,
    /// It is too large.
    TooLarge,
}

impl Frames {
    pub(super) fn new(most: usize) -> Self {
        Self { bytes: BytesMut::new(), most }
    }

    pub(super) fn came(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next message, once it is whole.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        let Some([flags, size @ ..]) = self.bytes.first_chunk::<HEAD>() else { return Ok(None) };
        let size = u32::from_be_bytes(*size) as usize;
        if size > self.most {
            return Err(Fault::TooLarge);
        }
        if size > 0 && *flags != 0 {
            return Err(Fault::Flags);
        }
        if self.bytes.len() < HEAD + size {
            return Ok(None);
        }
        self.bytes.advance(HEAD);
        Ok(Some(self.bytes.split_to(size).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(frames: &mut Frames) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| frames.next().unwrap()).collect()
    }

    #[test]
    fn messages_come_whole_in_however_many_pieces() {
        let messages = [&b"one"[..], b"", b"three"];
        let bytes: Vec<u8> = messages.iter().flat_map(|message| frame(message)).collect();
        for size in 1..=bytes.len() {
            let mut frames = Frames::new(5);
            let mut found = Vec::new();
            for piece in bytes.chunks(size) {
                frames.came(piece);
                found.extend(all(&mut frames));
            }
            assert_eq!(found, messages, "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_too_large_is_told_before_it_has_come() {
        let mut frames = Frames::new(4);
        frames.came(&frame(b"four"));
        assert_eq!(frames.next(), Ok(Some(b"four".to_vec())));
        frames.came(b"\x00\x00\x00\x00\x05");
        assert_eq!(frames.next(), Err(Fault::TooLarge));
    }

    #[test]
    fn compressed_messages_are_not_read() {
        let mut frames = Frames::new(9);
        frames.came(b"\x01\x00\x00\x00\x01x");
        assert_eq!(frames.next(), Err(Fault::Flags));
    }
}
