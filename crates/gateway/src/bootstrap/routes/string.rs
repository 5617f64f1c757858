//! Tests on text: equal, starts with, ends with, contains, matches a regular expression.

use regex::Regex;

use crate::bootstrap::document::Node;

/// A test on text.
#[derive(Clone, Debug)]
pub struct StringMatch {
    kind: Kind,
    ignore_case: bool,
}

#[derive(Clone, Debug)]
enum Kind {
    Exact(String),
    Prefix(String),
    Suffix(String),
    Contains(String),
    Regex(Regex),
}

const KINDS: [&str; 5] = ["exact", "prefix", "suffix", "contains", "safe_regex"];

impl StringMatch {
    /// Whether `text` passes.
    pub fn matches(&self, text: &str) -> bool {
        let lower;
        let text = if self.ignore_case {
            lower = text.to_ascii_lowercase();
            lower.as_str()
        } else {
            text
        };
        match &self.kind {
            Kind::Exact(it) => text == it,
            Kind::Prefix(it) => text.starts_with(it),
            Kind::Suffix(it) => text.ends_with(it),
            Kind::Contains(it) => text.contains(it),
            Kind::Regex(it) => it.is_match(text),
        }
    }

    /// Reads a `StringMatcher`.
    pub(super) fn read(node: &Node<'_>) -> Self {
        node.message(|matcher| {
            matcher.refuse(&["custom"], "no extension is known");
            let (kind, value) = matcher.one_of(&KINDS);
            let ignore_case = matcher.get("ignore_case");
            let ignored = ignore_case.as_ref().is_some_and(Node::flag);
            if let Some(node) = ignore_case.filter(|_| ignored && kind == "safe_regex") {
                node.fault("has no effect on `safe_regex`; begin the expression with (?i)");
            }
            Self::of(kind, &value, ignored)
        })
    }

    /// The test that a field called `kind`, one of [`KINDS`], with this value stands for.
    pub(super) fn of(kind: &str, value: &Node<'_>, ignore_case: bool) -> Self {
        if kind == "safe_regex" {
            let regex = full_regex(value);
            return Self { kind: regex.map_or(Kind::Exact(String::new()), Kind::Regex), ignore_case: false };
        }
        // An empty prefix, suffix or part would match everything.
        let text = if kind == "exact" { value.text() } else { value.name() };
        let text = if ignore_case { text.to_ascii_lowercase() } else { text };
        let kind = match kind {
            "prefix" => Kind::Prefix(text),
            "suffix" => Kind::Suffix(text),
            "contains" => Kind::Contains(text),
            _ => Kind::Exact(text),
        };
        Self { kind, ignore_case }
    }
}

/// Reads a `RegexMatcher` that must match the whole text; `None` after a fault.
pub(super) fn full_regex(node: &Node<'_>) -> Option<Regex> {
    read_regex(node, |regex| format!(r"\A(?:{regex})\z"))
}

/// Reads a `RegexMatcher` that finds parts of a text; `None` after a fault.
pub(super) fn part_regex(node: &Node<'_>) -> Option<Regex> {
    read_regex(node, ToOwned::to_owned)
}

fn read_regex(node: &Node<'_>, complete: impl FnOnce(&str) -> String) -> Option<Regex> {
    let (regex, text) = node.message(|matcher| {
        if let Some(engine) = matcher.get("google_re2") {
            engine.message(|it| it.ignore(&["max_program_size"], "expressions are limited by their memory"));
        }
        let regex = matcher.need("regex");
        let text = regex.name();
        (regex, text)
    });
    // The expression alone first, so that the fault shows what the file has.
    let compiled = Regex::new(&text).and_then(|_| Regex::new(&complete(&text)));
    compiled
        .map_err(|error| regex.fault(format!("found {text:?}, which is no regular expression: {}", reason(&error))))
        .ok()
}

/// The last line of the error says why; those before draw where.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}
