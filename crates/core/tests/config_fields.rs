//! Header names as keys, and header values: a fault shows the key or a place, never the value, which may be a secret.

#![allow(clippy::unwrap_used, reason = "a failed expectation is a test's way to speak")]

use std::collections::BTreeMap;

use plugin_core::config::{from_node, parse};
use plugin_core::{FieldValue, HeaderName};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Settings {
    headers: BTreeMap<HeaderName, FieldValue>,
    modes: BTreeMap<Mode, String>,
    flags: BTreeMap<bool, String>,
    password: BTreeMap<u8, String>,
}

#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Open,
    Closed,
}

fn faults(text: &str) -> String {
    from_node::<Settings>(&parse(text.as_bytes()).unwrap()).unwrap_err().to_string()
}

#[test]
fn a_fault_of_a_name_shows_the_name() {
    assert_eq!(
        faults(r#"{"headers": {"a b": "the value", "x-a": "1", "": "the value"}}"#),
        "$.headers[\"a b\"]: found the key \"a b\", allowed: a header name of letters, digits and !#$%&'*+-.^_`|~\n\
         $.headers[\"\"]: found the key \"\", allowed: a header name of letters, digits and !#$%&'*+-.^_`|~"
    );
}

#[test]
fn a_fault_of_any_key_shows_the_key() {
    let text = r#"{
        "headers": {"a b": {"c": "the value"}}, "modes": {"opne": "the value"}, "flags": {"yes\r": "the value"},
        "password": {"x": "the value"}
    }"#;
    assert_eq!(
        faults(text),
        "$.headers[\"a b\"]: found the key \"a b\", allowed: a header name of letters, digits and !#$%&'*+-.^_`|~\n\
         $.modes.opne: found the key \"opne\", allowed: one of `open`, `closed`; did you mean `open`?\n\
         $.flags[\"yes\\r\"]: found the key \"yes\\r\", allowed: a boolean\n\
         $.password.x: found the key \"x\", allowed: a whole number"
    );
}

#[test]
fn a_fault_of_a_value_says_where_it_is() {
    for (value, found) in [
        (r"ab\rcd", "CR at byte 3"),
        (r"\n", "LF at byte 1"),
        (r"\u0000\r\n", "NUL at byte 1"),
        (r"é\r\n", "CR at byte 3"),
    ] {
        assert_eq!(
            faults(&format!(r#"{{"headers": {{"x-a": "{value}"}}}}"#)),
            format!("$.headers.x-a: found {found}, allowed: a header value without CR, LF and NUL")
        );
    }
}

#[test]
fn what_may_be_sent_is_taken_as_it_is() {
    let text = r#"{"headers": {"X-A": "a\tb é", "x-b": ""}}"#;
    let settings: Settings = from_node(&parse(text.as_bytes()).unwrap()).unwrap();
    let read: Vec<_> = settings.headers.iter().map(|(name, value)| (&**name, value.to_str().unwrap())).collect();
    assert_eq!(read, [("x-a", "a\tb é"), ("x-b", "")]);
}

#[test]
fn a_value_of_bytes_is_checked_as_one_of_text_is() {
    let bytes = FieldValue::try_from(b"caf\xe9".to_vec()).unwrap();
    assert_eq!((bytes.as_bytes(), bytes.to_str()), (&b"caf\xe9"[..], None));
    let fault = FieldValue::try_from(b"to\rken".to_vec()).unwrap_err();
    assert_eq!(fault, "found CR at byte 3, allowed: a header value without CR, LF and NUL");

    let bearer = FieldValue::from_static("Bearer ");
    assert_eq!(bearer.followed_by(bytes.clone()).as_bytes(), b"Bearer caf\xe9");
    assert_eq!(FieldValue::from_static("").followed_by(bytes).as_bytes(), b"caf\xe9");
}
