//! What a plugin made of a list of headers: which it added, changed, removed.

use std::collections::BTreeMap;

use super::event::{Change, List};
use super::headers::Shown;
use super::limits::HEADERS;
use super::mask::Masks;
use crate::headers::Headers;

/// Values by name, in the order in which they stand.
fn by_name(headers: &Headers) -> BTreeMap<&[u8], Vec<&[u8]>> {
    let mut names: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
    for (name, value) in headers.iter() {
        names.entry(name).or_default().push(value);
    }
    names
}

/// The differences between two states of a list, by name. Only the order of names is not looked at.
pub(super) fn between(list: List, before: &Headers, after: &Headers, masks: &Masks) -> Vec<Change> {
    let (before, after) = (by_name(before), by_name(after));
    let mut names: Vec<&[u8]> = before.keys().chain(after.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    let none = Vec::new();
    let shown = |name: &[u8], values: &[&[u8]]| -> Vec<String> {
        values.iter().take(HEADERS).map(|value| Shown::of(name, value, masks).value).collect()
    };
    names
        .into_iter()
        .filter_map(|name| {
            let (old, new) = (before.get(name).unwrap_or(&none), after.get(name).unwrap_or(&none));
            (old != new).then(|| Change {
                list,
                name: Shown::of(name, b"", masks).name,
                before: shown(name, old),
                after: shown(name, new),
            })
        })
        .take(HEADERS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Headers {
        pairs.iter().copied().collect()
    }

    #[test]
    fn added_changed_and_removed_headers_are_told_by_name() {
        let before = headers(&[("kept", "1"), ("changed", "1"), ("removed", "1"), ("twice", "1")]);
        let after = headers(&[("twice", "1"), ("added", "2"), ("changed", "2"), ("kept", "1"), ("twice", "2")]);
        let changes = between(List::RequestHeaders, &before, &after, &Masks::default());
        let told: Vec<_> =
            changes.iter().map(|it| (it.name.as_str(), it.before.join(","), it.after.join(","))).collect();
        let text = |text: &str| text.to_owned();
        assert_eq!(
            told,
            [
                ("added", text(""), text("2")),
                ("changed", text("1"), text("2")),
                ("removed", text("1"), text("")),
                ("twice", text("1"), text("1,2")),
            ]
        );
    }

    #[test]
    fn a_changed_secret_is_told_without_its_values() {
        let (before, after) = (headers(&[("authorization", "Bearer a")]), headers(&[("authorization", "Bearer b")]));
        let changes = between(List::RequestHeaders, &before, &after, &Masks::default());
        let [change] = &changes[..] else { panic!("{changes:?}") };
        assert_eq!((&change.before, &change.after), (&vec!["Bearer *** (8 bytes)".to_owned()], &change.before));
    }
}
