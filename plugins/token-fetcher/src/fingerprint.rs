//! Short numbers for long things: which token it was, and which configuration.

use std::hash::Hasher;

/// FNV-1a with 64 bits: small, and the same in every worker and every gateway.
pub(crate) struct Fnv(u64);

impl Fnv {
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Eight digits that tell tokens apart and lead back to none: half of what they are made of is left out.
pub(crate) fn of_token(token: &[u8]) -> String {
    let mut hasher = Fnv::new();
    hasher.write(token);
    let hash = hasher.finish();
    format!("{:08x}", (hash ^ hash >> 32) & 0xffff_ffff)
}
