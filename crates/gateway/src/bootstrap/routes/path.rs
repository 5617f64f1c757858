//! Tests on the path of a request.

use regex::Regex;

use super::string::full_regex;
use crate::bootstrap::document::Message;

/// A test on the path without its query.
#[derive(Clone, Debug)]
pub enum PathMatch {
    /// The path starts with this.
    Prefix(String),
    /// The path is this.
    Exact(String),
    /// The path is this or goes on with `/`.
    Segments(String),
    /// The whole path matches.
    Regex(Regex),
}

impl PathMatch {
    /// Whether a request's path passes; `path` may come with its query.
    pub fn matches(&self, path: &str, case_sensitive: bool) -> bool {
        let path = without_query(path);
        match self {
            Self::Prefix(prefix) => tail(path, prefix, case_sensitive).is_some(),
            Self::Exact(exact) => tail(path, exact, case_sensitive) == Some(""),
            Self::Segments(prefix) => {
                tail(path, prefix, case_sensitive).is_some_and(|tail| tail.is_empty() || tail.starts_with('/'))
            }
            Self::Regex(regex) => regex.is_match(path),
        }
    }

    /// The path, with its query, in which the matched part is replaced: what `prefix_rewrite` does.
    pub(super) fn replace(&self, path: &str, replacement: &str) -> String {
        let whole = without_query(path);
        let matched = match self {
            Self::Prefix(it) | Self::Exact(it) | Self::Segments(it) => it.len().min(whole.len()),
            Self::Regex(_) => whole.len(),
        };
        format!("{replacement}{}", path.get(matched..).unwrap_or_default())
    }

    pub(super) fn read(route_match: &Message<'_>) -> Self {
        route_match.refuse(&["connect_matcher", "path_match_policy"], "match by path");
        let (kind, node) = route_match.one_of(&["prefix", "path", "safe_regex", "path_separated_prefix"]);
        match kind {
            "path" => Self::Exact(node.name()),
            "safe_regex" => full_regex(&node).map_or(Self::Exact(String::new()), Self::Regex),
            "path_separated_prefix" => {
                let prefix = node.name();
                if prefix.ends_with('/') || prefix.contains(['?', '#']) {
                    node.unsupported("a path without `?`, `#` and a `/` at its end");
                }
                Self::Segments(prefix)
            }
            _ => Self::Prefix(node.text()),
        }
    }
}

/// What follows `prefix` in `path`.
fn tail<'p>(path: &'p str, prefix: &str, case_sensitive: bool) -> Option<&'p str> {
    let (head, tail) = path.split_at_checked(prefix.len())?;
    let same = if case_sensitive { head == prefix } else { head.eq_ignore_ascii_case(prefix) };
    same.then_some(tail)
}

/// The path up to its query or fragment.
pub(super) fn without_query(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

/// The query with its `?`; empty without one.
pub(super) fn query(path: &str) -> &str {
    path.get(without_query(path).len()..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_paths_as_envoy_does() {
        let regex = |it: &str| PathMatch::Regex(Regex::new(&format!(r"\A(?:{it})\z")).unwrap());
        let (prefix, exact) = (|it: &str| PathMatch::Prefix(it.into()), |it: &str| PathMatch::Exact(it.into()));
        let segments = |it: &str| PathMatch::Segments(it.into());
        for (route, path, case_sensitive, expected) in [
            (prefix("/"), "/", true, true),
            (prefix("/"), "*", true, false),
            (prefix(""), "*", true, true),
            (prefix("/a"), "/abc", true, true),
            (prefix("/a"), "/A", true, false),
            (prefix("/a"), "/A", false, true),
            (prefix("/a"), "/é", true, false),
            (prefix("/a?"), "/a?b", true, false),
            (exact("/a"), "/a", true, true),
            (exact("/a"), "/a?x=1", true, true),
            (exact("/a"), "/a#x", true, true),
            (exact("/a"), "/a/", true, false),
            (exact("/a"), "/A", false, true),
            (segments("/a"), "/a", true, true),
            (segments("/a"), "/a/b", true, true),
            (segments("/a"), "/a?b", true, true),
            (segments("/a"), "/ab", true, false),
            (segments("/a"), "/A/b", false, true),
            (regex("/a|/b"), "/b?x", true, true),
            (regex("/a|/b"), "/bc", true, false),
            // Case of regular expressions is their own affair.
            (regex("/a"), "/A", false, false),
        ] {
            assert_eq!(route.matches(path, case_sensitive), expected, "{route:?} {path} {case_sensitive}");
        }
    }

    #[test]
    fn splits_off_the_query() {
        assert_eq!((without_query("/a?b#c"), query("/a?b#c")), ("/a", "?b#c"));
        assert_eq!((without_query("/a"), query("/a")), ("/a", ""));
    }
}
