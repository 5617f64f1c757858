//! What must not be shown: it is left out before anything is kept, so that no secret is ever in the trace's memory.
//!
//! Which values are secrets is told by their names: well-known headers, whatever is called a token, password or the
//! like, and the headers that plugins name in their configuration. A name that only sounds like a secret is masked too.

mod configuration;
mod name;
mod text;

use std::collections::HashSet;
use std::sync::RwLock;

pub(crate) use name::is_secret;
pub(crate) use text::scrub;

use super::limits::beginning;
use crate::headers::Headers;

/// Names beyond this many are not learned: no plugin has so many.
const MOST_LEARNED: usize = 1_000;

/// Knows the names of secrets: those that everybody uses and those that plugins were configured with.
#[derive(Debug, Default)]
pub struct Masks {
    /// In lower case.
    learned: RwLock<HashSet<String>>,
}

impl Masks {
    /// Takes over the names of headers and parameters that a plugin's configuration declares to carry secrets, such as
    /// the value of `tokenHeader`. A configuration that is neither JSON nor YAML has none.
    pub fn learn(&self, configuration: &[u8]) {
        let names = configuration::secret_names(configuration);
        if names.is_empty() {
            return;
        }
        let mut learned = self.learned.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for name in names {
            if learned.len() < MOST_LEARNED {
                learned.insert(name);
            }
        }
    }

    /// A plugin's configuration without its secrets, as JSON. Of one that is neither JSON nor YAML only the size is
    /// told.
    pub fn configuration(&self, configuration: &[u8]) -> serde_json::Value {
        configuration::shown(configuration, self)
    }

    /// A configuration that was read already, without its secrets.
    pub fn json(&self, value: &serde_json::Value) -> serde_json::Value {
        configuration::masked(value, self)
    }

    /// The value of a header, without what is secret in it.
    pub(crate) fn header(&self, name: &str, value: &[u8]) -> String {
        if self.knows(name) {
            return hidden(value);
        }
        self.text(&beginning(value))
    }

    /// Text that may hold a secret somewhere: a path with its query, a log line.
    pub(crate) fn text(&self, text: &str) -> String {
        scrub(text, |name| self.knows(name))
    }

    /// The pseudo header `name`, or nothing.
    pub(crate) fn of(&self, headers: &Headers, name: &str) -> String {
        headers.get(name.as_bytes()).map(|value| self.header(name, value)).unwrap_or_default()
    }

    pub(crate) fn knows(&self, name: &str) -> bool {
        if is_secret(name) {
            return true;
        }
        let learned = self.learned.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        !learned.is_empty() && learned.contains(&name.to_ascii_lowercase())
    }
}

/// What stands in the place of a secret. Its length helps to tell an empty or cut one; a fingerprint is not given, since
/// with it anybody who may send requests could try out guesses.
fn hidden(value: &[u8]) -> String {
    let scheme = value.split(|byte| *byte == b' ').next().unwrap_or_default();
    let scheme = text::SCHEMES.iter().find(|known| known.as_bytes().eq_ignore_ascii_case(scheme));
    match scheme.filter(|scheme| value.len() > scheme.len()) {
        Some(scheme) => format!("{scheme} *** ({} bytes)", value.len()),
        None => format!("*** ({} bytes)", value.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_header_tells_its_scheme_and_length_alone() {
        let masks = Masks::default();
        assert_eq!(masks.header("authorization", b"Bearer abc.def"), "Bearer *** (14 bytes)");
        assert_eq!(masks.header("Authorization", b"abc.def"), "*** (7 bytes)");
        assert_eq!(masks.header("authorization", b""), "*** (0 bytes)");
        assert_eq!(masks.header("set-cookie", b"sid=abc; Path=/"), "*** (15 bytes)");
        assert_eq!(masks.header("x-request-id", b"abc"), "abc");
    }

    #[test]
    fn an_innocent_header_is_searched_for_secrets() {
        let masks = Masks::default();
        let shown = masks.header(":path", b"/a?x=1&access_token=abc&y=2");
        assert_eq!(shown, "/a?x=1&access_token=***&y=2");
        assert_eq!(masks.header("x-forwarded-by", b"Bearer abc"), "Bearer ***");
        assert_eq!(masks.header("location", b"https://me:pw@host/"), "https://me:***@host/");
    }

    #[test]
    fn names_from_a_configuration_are_masked_in_any_case() {
        let masks = Masks::default();
        assert_eq!(masks.header("x-partner", b"abc"), "abc");
        masks.learn(br#"{"tokenHeader": "X-Partner", "consumers": [{"name": "a"}], "keys": ["probe"]}"#);
        assert_eq!(masks.header("x-partner", b"abc"), "*** (3 bytes)");
        assert_eq!(masks.text("GET /?probe=abc"), "GET /?probe=***");
        assert_eq!(masks.header("a", b"abc"), "abc");
    }
}
