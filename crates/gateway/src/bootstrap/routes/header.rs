//! Tests on the headers of a request.

use super::string::StringMatch;
use crate::bootstrap::document::{Message, Node};
use crate::bootstrap::header_changes::field_name;

/// A test on one header.
#[derive(Clone, Debug)]
pub struct HeaderMatch {
    /// The header's name, in lower case.
    pub name: String,
    test: Test,
    invert: bool,
    treat_missing_as_empty: bool,
}

#[derive(Clone, Debug)]
enum Test {
    Present(bool),
    Text(StringMatch),
    /// A whole number from the first to before the second.
    Range(i64, i64),
}

const TESTS: [&str; 8] = [
    "string_match",
    "present_match",
    "range_match",
    "exact_match",
    "prefix_match",
    "suffix_match",
    "contains_match",
    "safe_regex_match",
];

impl HeaderMatch {
    /// Whether a request whose headers `header` gives passes.
    ///
    /// A header that is absent fails every test but the one for presence, inverted or not.
    pub fn matches(&self, header: &dyn Fn(&str) -> Option<String>) -> bool {
        let value = header(&self.name);
        if let Test::Present(expected) = self.test {
            return (value.is_some() == expected) != self.invert;
        }
        let value = match value {
            Some(value) => value,
            None if self.treat_missing_as_empty => String::new(),
            None => return false,
        };
        let passes = match &self.test {
            Test::Present(expected) => *expected,
            Test::Text(test) => test.matches(&value),
            Test::Range(start, end) => value.parse().is_ok_and(|number| (*start..*end).contains(&number)),
        };
        passes != self.invert
    }

    pub(super) fn read(matcher: &Message<'_>) -> Self {
        let flag = |name| matcher.get(name).is_some_and(|it: Node<'_>| it.flag());
        Self {
            name: field_name(&matcher.need("name")),
            test: matcher.any_of(&TESTS).map_or(Test::Present(true), |(kind, node)| read_test(kind, &node)),
            invert: flag("invert_match"),
            treat_missing_as_empty: flag("treat_missing_header_as_empty"),
        }
    }
}

fn read_test(kind: &str, node: &Node<'_>) -> Test {
    match kind {
        "present_match" => Test::Present(node.flag()),
        "range_match" => node.message(|range| {
            let number = |name| range.get(name).map_or(0, |it| it.whole(i64::MIN, i64::MAX));
            Test::Range(number("start"), number("end"))
        }),
        "string_match" => Test::Text(StringMatch::read(node)),
        // The older fields hold what `string_match` holds by the same name.
        kind => Test::Text(StringMatch::of(kind.strip_suffix("_match").unwrap_or(kind), node, false)),
    }
}
