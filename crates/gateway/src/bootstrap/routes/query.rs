//! Tests on the query of a request.

use super::path::query;
use super::string::StringMatch;
use crate::bootstrap::document::{Message, Node};

/// A test on one query parameter, by the first of its values, as it is written in the URL.
#[derive(Clone, Debug)]
pub struct QueryMatch {
    /// The parameter's name.
    pub name: String,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Present(bool),
    Text(StringMatch),
}

impl QueryMatch {
    /// Whether a request with this path passes.
    pub fn matches(&self, path: &str) -> bool {
        let value = parameter(query(path), &self.name);
        match &self.test {
            Test::Present(expected) => value.is_some() == *expected,
            Test::Text(test) => value.is_some_and(|value| test.matches(value)),
        }
    }

    pub(super) fn read(matcher: &Message<'_>) -> Self {
        let test = match matcher.any_of(&["string_match", "present_match"]) {
            Some(("string_match", node)) => Test::Text(StringMatch::read(&node)),
            present => Test::Present(present.is_none_or(|(_, node): (_, Node<'_>)| node.flag())),
        };
        Self { name: matcher.need("name").name(), test }
    }
}

fn parameter<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    let query = query.strip_prefix('?')?.split('#').next()?;
    let mut parameters = query.split('&').map(|it| it.split_once('=').unwrap_or((it, "")));
    parameters.find(|(key, _)| *key == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_parameters() {
        for (query, name, expected) in [
            ("?a=1&b=2", "b", Some("2")),
            ("?a=1&a=2", "a", Some("1")),
            ("?a", "a", Some("")),
            ("?a=b=c", "a", Some("b=c")),
            ("?a=%20#x", "a", Some("%20")),
            ("?ab=1", "a", None),
            ("", "a", None),
            ("#a=1", "a", None),
        ] {
            assert_eq!(parameter(query, name), expected, "{query} {name}");
        }
    }
}
