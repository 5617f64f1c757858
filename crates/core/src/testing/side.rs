//! One half of a stream in the fake gateway: what it holds back and what it has let through.

use crate::host::Pairs;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FakeSide {
    pub(super) headers: Pairs,
    pub(super) trailers: Pairs,
    /// Bytes held, as the plugin sees them.
    pub(super) buffer: Vec<u8>,
    /// Bytes let through to the other end.
    pub(super) passed: Vec<u8>,
    pub(super) headers_passed: bool,
    pub(super) ended: bool,
    /// A callback is running, or the last verdict was to hold.
    pub(super) writable: bool,
}

impl FakeSide {
    /// Lets everything go that is held.
    pub(super) fn flush(&mut self) {
        self.headers_passed = true;
        self.writable = false;
        self.passed.append(&mut self.buffer);
    }

    pub(super) fn set_buffer(&mut self, start: usize, length: usize, bytes: &[u8]) -> bool {
        match start {
            0 => {
                let end = length.min(self.buffer.len());
                self.buffer.splice(0..end, bytes.iter().copied());
                true
            }
            start if start >= self.buffer.len() => {
                self.buffer.extend_from_slice(bytes);
                true
            }
            _ => false,
        }
    }
}
