//! The schema of Redis keys: short, bounded, without a raw value of any request, and in one slot for one decision.
//!
//! `rate-limiter:{<tag>}:<rule>:<algorithm><window in ms>[:<subject>]`
//!
//! The part in braces is what a Redis Cluster spreads keys by. It is the subject's digest, so that subjects spread over
//! all slots. Where several rules can hold for one request it is the digest of the configuration's scope, and the
//! subject's stands at the end: then one script can decide over all of them at once.

use crate::limit::Limit;
use sha2::{Digest as _, Sha256};

/// What all keys begin with.
pub const PREFIX: &str = "rate-limiter";

/// Letters of a rule's name that a key shows; all of it is in the digest.
const SHOWN: usize = 40;

/// Digests values so that no two lists of them are taken for one another.
#[derive(Clone)]
pub struct Digest(Sha256);

/// Makes the keys of one configuration.
pub struct Keys<'a> {
    scope: &'a str,
    together: bool,
}

impl Digest {
    /// Of nothing so far.
    pub fn new() -> Self {
        Self(Sha256::new())
    }

    /// Adds a value.
    pub fn add(&mut self, value: &str) -> &mut Self {
        self.0.update((value.len() as u64).to_le_bytes());
        self.0.update(value.as_bytes());
        self
    }

    /// 128 bits in hexadecimal.
    pub fn text(&self) -> String {
        const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
        let digit = |value: u8| DIGITS.get(usize::from(value & 15)).copied().unwrap_or('0');
        let digest = self.0.clone().finalize();
        digest.iter().take(16).flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
    }
}

impl Default for Digest {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> Keys<'a> {
    /// `together`: whether several rules may hold for one request.
    pub fn new(scope: &'a str, together: bool) -> Self {
        Self { scope, together }
    }

    /// The key of a limit of a rule's subject.
    pub fn key(&self, rule: &str, limit: &Limit, subject: &Digest) -> String {
        let (letter, window) = (limit.algorithm.letter(), limit.window.to_string());
        let rule = plain(rule);
        let mut tag = Digest::new();
        if self.together {
            let tag = tag.add(self.scope).text();
            [PREFIX, ":{", &tag, "}:", &rule, ":", letter, &window, ":", &subject.text()].concat()
        } else {
            let tag = tag.add(self.scope).add(&subject.text()).text();
            [PREFIX, ":{", &tag, "}:", &rule, ":", letter, &window].concat()
        }
    }
}

/// A name as far as keys and metrics take it.
pub fn plain(name: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' };
    name.chars().take(SHOWN).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::Algorithm;

    const LIMIT: Limit = Limit { algorithm: Algorithm::FixedWindow, count: 1, window: 60_000, burst: 0 };

    fn digest(values: &[&str]) -> Digest {
        let mut digest = Digest::new();
        for value in values {
            digest.add(value);
        }
        digest
    }

    #[test]
    fn a_key_shows_no_value_and_has_a_bounded_length() {
        let long = "s".repeat(100_000);
        for together in [false, true] {
            let key = Keys::new(&long, together).key(&long, &LIMIT, &digest(&["secret-api-key", &long]));
            assert!(!key.contains("secret") && key.len() <= 150, "{key}");
        }
        let key = Keys::new("", false).key("a{b}:c 限", &LIMIT, &digest(&[]));
        assert!(key.contains("}:a_b__c__:f60000"), "{key}");
    }

    #[test]
    fn lists_of_values_are_not_mixed_up() {
        assert_ne!(digest(&["ab", "c"]).text(), digest(&["a", "bc"]).text());
        assert_ne!(digest(&["a"]).text(), digest(&["a", ""]).text());
        assert_eq!(digest(&[]).text(), "e3b0c44298fc1c149afbf4c8996fb924");
    }

    #[test]
    fn the_tag_is_the_subject_or_the_scope() {
        let tag = |together: bool, subject: &str| {
            let key = Keys::new("scope", together).key("rule", &LIMIT, &digest(&[subject]));
            key.split(['{', '}']).nth(1).unwrap().to_owned()
        };
        assert_ne!(tag(false, "a"), tag(false, "b"));
        assert_eq!(tag(true, "a"), tag(true, "b"));
    }
}
