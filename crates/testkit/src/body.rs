//! A message body to be sent: pieces of bytes and pauses between them.

use std::time::Duration;

/// One step of sending a body.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Data(Vec<u8>),
    Pause(Duration),
}

/// What to send as a body, and whether its length is told in advance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body {
    pub(crate) pieces: Vec<Piece>,
    /// True once the test has cut the body into pieces itself: then it is sent chunked.
    pub(crate) streamed: bool,
}

impl Body {
    pub(crate) fn whole(bytes: &[u8]) -> Self {
        Self { pieces: vec![Piece::Data(bytes.to_vec())], streamed: false }
    }

    pub(crate) fn push(&mut self, piece: Piece) {
        self.pieces.push(piece);
        self.streamed = true;
    }

    /// All data in bytes, pauses left out.
    pub(crate) fn len(&self) -> usize {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Data(data) => data.len(),
                Piece::Pause(_) => 0,
            })
            .sum()
    }

    /// The same body cut after `limit` bytes; what follows the cut, pauses too, is left out.
    pub(crate) fn first(&self, limit: usize) -> Self {
        let mut left = limit;
        let mut pieces = Vec::new();
        for piece in &self.pieces {
            if left == 0 {
                break;
            }
            pieces.push(match piece {
                Piece::Data(data) => {
                    let kept = &data[..data.len().min(left)];
                    left -= kept.len();
                    Piece::Data(kept.to_vec())
                }
                Piece::Pause(pause) => Piece::Pause(*pause),
            });
        }
        Self { pieces, streamed: self.streamed }
    }
}

/// `data` as one chunk of the chunked coding. An empty chunk would end the body, so it becomes nothing.
pub(crate) fn chunk(data: &[u8]) -> Vec<u8> {
    if data.is_empty() {
        return Vec::new();
    }
    let mut out = format!("{:x}\r\n", data.len()).into_bytes();
    out.extend_from_slice(data);
    out.extend_from_slice(b"\r\n");
    out
}

/// The start of a body as readable text, for the messages of failed tests.
pub(crate) fn shown(body: &[u8]) -> String {
    let start = &body[..body.len().min(2000)];
    format!("{} bytes: {}", body.len(), start.escape_ascii())
}
