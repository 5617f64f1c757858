//! Paths rewritten by a regular expression.

use regex::{Captures, Regex};

use super::path::{query, without_query};
use super::string::part_regex;
use crate::bootstrap::document::Node;

/// Replaces every match in a path.
#[derive(Clone, Debug)]
pub struct RegexRewrite {
    /// `None` only while faults keep the configuration from being used.
    regex: Option<Regex>,
    /// Text, with `\1` for the first group, `\0` for the whole match and `\\` for a backslash.
    substitution: String,
}

impl RegexRewrite {
    /// The new path; the query stays as it is.
    pub fn apply(&self, path: &str) -> String {
        let Some(regex) = &self.regex else { return path.to_owned() };
        let rewritten = regex.replace_all(without_query(path), |captures: &Captures<'_>| self.substitute(captures));
        format!("{rewritten}{}", query(path))
    }

    fn substitute(&self, captures: &Captures<'_>) -> String {
        let mut text = String::new();
        let mut letters = self.substitution.chars();
        while let Some(letter) = letters.next() {
            match (letter, if letter == '\\' { letters.next() } else { None }) {
                ('\\', Some(digit)) if digit.is_ascii_digit() => {
                    let group = digit.to_digit(10).unwrap_or_default() as usize;
                    text.push_str(captures.get(group).map(|it| it.as_str()).unwrap_or_default());
                }
                ('\\', other) => text.extend(other),
                (letter, _) => text.push(letter),
            }
        }
        text
    }

    pub(super) fn read(node: &Node<'_>) -> Self {
        node.message(|rewrite| {
            let regex = part_regex(&rewrite.need("pattern"));
            let substitution = rewrite.get("substitution");
            let text = substitution.as_ref().map(Node::text).unwrap_or_default();
            let groups = regex.as_ref().map_or(9, |it| it.captures_len() - 1);
            if let (Some(node), Err(fault)) = (substitution, check(&text, groups)) {
                node.fault(format!("found {text:?}: {fault}"));
            }
            Self { regex, substitution: text }
        })
    }
}

/// Whether every backslash of a substitution means something.
fn check(substitution: &str, groups: usize) -> Result<(), String> {
    let mut letters = substitution.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            continue;
        }
        match letters.next() {
            Some('\\') => {}
            Some(digit) if digit.to_digit(10).is_some_and(|it| it as usize <= groups) => {}
            Some(digit) if digit.is_ascii_digit() => {
                return Err(format!("there is no \\{digit}; groups in the expression: {groups}"));
            }
            _ => return Err("supported after a backslash: a digit or a backslash".to_owned()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_every_match_before_the_query() {
        for (regex, substitution, path, expected) in [
            ("^/api/(v[0-9]+)/(.*)$", r"/\2/\1", "/api/v1/a?b=/api/v1/c", "/a/v1?b=/api/v1/c"),
            ("/", "_", "/a/b", "_a_b"),
            ("b+", r"[\0\\]", "/abba", r"/a[bb\]a"),
            ("(x)?y", r"<\1>", "/y", "/<>"),
            ("none", "x", "/a?b", "/a?b"),
        ] {
            let rewrite =
                RegexRewrite { regex: Some(Regex::new(regex).unwrap()), substitution: substitution.to_owned() };
            assert_eq!(rewrite.apply(path), expected, "{regex} {substitution} {path}");
        }
    }

    #[test]
    fn checks_what_follows_a_backslash() {
        assert_eq!(check(r"\0\1\\", 1), Ok(()));
        assert_eq!(check(r"\2", 1).unwrap_err(), r"there is no \2; groups in the expression: 1");
        assert!(check(r"\n", 1).is_err());
        assert!(check("\\", 1).is_err());
    }
}
