//! Lua scripts, run by their name and sent only to a Redis that does not know them.

use const_sha1::sha1;
use std::fmt;

/// A Lua script. Best a constant: its name is then worked out by the compiler.
///
/// ```
/// use plugin_core::redis::Script;
///
/// const COUNT: Script = Script::new(
///     "local count = redis.call('INCR', KEYS[1])
///      if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
///      return count",
/// );
/// ```
#[derive(Clone, Copy)]
pub struct Script {
    pub(super) source: &'static str,
    /// SHA-1 of the source in hexadecimal, which is how Redis names scripts.
    pub(super) name: [u8; 40],
}

impl Script {
    /// A script by its source.
    pub const fn new(source: &'static str) -> Self {
        Self { source, name: hex(sha1(source.as_bytes()).as_bytes()) }
    }
}

#[allow(clippy::indexing_slicing, reason = "bounds that the compiler checks when it makes a constant of it")]
const fn hex(digest: [u8; 20]) -> [u8; 40] {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let mut text = [0; 40];
    let mut at = 0;
    while at < digest.len() {
        text[2 * at] = DIGITS[(digest[at] >> 4) as usize];
        text[2 * at + 1] = DIGITS[(digest[at] & 15) as usize];
        at += 1;
    }
    text
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Script({})", String::from_utf8_lossy(&self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_sha1_of_the_source() {
        // As `redis-cli script load "return 1"` and `script load ""` answer.
        const ONE: Script = Script::new("return 1");
        assert_eq!(&ONE.name, b"e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
        assert_eq!(&Script::new("").name, b"da39a3ee5e6b4b0d3255bfef95601890afd80709");
    }
}
