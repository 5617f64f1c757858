//! No fault hides another: whatever set of faults is put into a valid configuration, just these are reported.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed expectation is a test's way to speak"
)]

use std::collections::{BTreeMap, BTreeSet};

use plugin_core::config::{Both, from_node, parse};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only what is read matters here")]
struct Strict {
    code: Stubborn,
    count: u8,
    inner: Option<Box<Strict>>,
}

/// Takes one word only, which no stand-in is.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Stubborn;

impl TryFrom<String> for Stubborn {
    type Error = &'static str;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        (word == "zebra").then_some(Self).ok_or("allowed: zebra")
    }
}

/// Finds its fault only when all of it was read.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Span")]
struct Ordered;

#[derive(Debug, Deserialize)]
struct Span {
    low: u8,
    high: u8,
}

impl TryFrom<Span> for Ordered {
    type Error = &'static str;

    fn try_from(span: Span) -> Result<Self, Self::Error> {
        (span.low <= span.high).then_some(Self).ok_or("$.high: allowed: `low` or more")
    }
}

/// A configuration as plugins have them, for faults to be injected into.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only what is read matters here")]
struct Config {
    status: Status,
    required: Name,
    also: Name,
    limits: Vec<Limit>,
    pairs: Vec<(Name, u8)>,
    names: BTreeMap<String, Name>,
    mode: Mode,
    optional: Option<Limit>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only what is read matters here")]
struct Limit {
    name: Name,
    count: u16,
    unit: Unit,
}

#[derive(Debug, Deserialize)]
enum Unit {
    Second,
    Minute,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only what is read matters here")]
enum Mode {
    Fixed { count: u8, name: Name },
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Name;

impl TryFrom<String> for Name {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
        plain.then_some(Self).ok_or("allowed: lower-case letters")
    }
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "u16")]
struct Status;

impl TryFrom<u16> for Status {
    type Error = &'static str;

    fn try_from(number: u16) -> Result<Self, Self::Error> {
        if (200..600).contains(&number) { Ok(Self) } else { Err("allowed: a whole number from 200 to 599") }
    }
}

fn valid() -> Value {
    let limit = json!({"name": "a", "count": 1, "unit": "Second"});
    json!({
        "status": 200, "required": "a", "also": "b",
        "limits": [limit, limit, limit],
        "pairs": [["a", 1], ["b", 2]],
        "names": {"x": "a", "y": "b"},
        "mode": {"Fixed": {"count": 1, "name": "a"}},
        "optional": limit,
    })
}

/// Where to put what, and the fault that must come of it. Nothing means to take the key away.
fn injections() -> Vec<(&'static str, Option<Value>, &'static str)> {
    vec![
        ("/status", Some(json!(3)), "$.status"),
        ("/required", None, "$ lacks `required`"),
        ("/also", Some(json!("B")), "$.also"),
        ("/limits/0/name", Some(json!(1)), "$.limits[0].name"),
        ("/limits/0/count", Some(json!(-1)), "$.limits[0].count"),
        ("/limits/0/unit", Some(json!("Secnod")), "$.limits[0].unit"),
        ("/limits/1/name", None, "$.limits[1] lacks `name`"),
        ("/limits/1/count", None, "$.limits[1] lacks `count`"),
        ("/limits/1/unit", None, "$.limits[1] lacks `unit`"),
        ("/limits/2/count", Some(json!("1")), "$.limits[2].count"),
        ("/limits/2/surplus", Some(json!({"name": "A"})), "$.limits[2]"),
        ("/pairs/0/0", Some(json!("A")), "$.pairs[0][0]"),
        ("/pairs/0/1", Some(json!(1.5)), "$.pairs[0][1]"),
        ("/pairs/1", Some(json!([])), "$.pairs[1]"),
        ("/names/x", Some(json!("A")), "$.names.x"),
        ("/names/odd key", Some(json!(null)), "$.names[\"odd key\"]"),
        ("/mode/Fixed/count", Some(json!(256)), "$.mode.Fixed.count"),
        ("/mode/Fixed/name", Some(json!("")), "$.mode.Fixed.name"),
        ("/optional/name", Some(json!([])), "$.optional.name"),
        ("/optional/count", Some(json!(null)), "$.optional lacks `count`"),
        ("/optional/unit", None, "$.optional lacks `unit`"),
        ("/surplus", Some(json!(1)), "$"),
    ]
}

fn inject(config: &mut Value, pointer: &str, bad: Option<Value>) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match (config.pointer_mut(parent).unwrap(), bad) {
        (Value::Object(map), Some(bad)) => {
            map.insert(key.to_owned(), bad);
        }
        (Value::Object(map), None) => {
            map.remove(key);
        }
        (Value::Array(items), Some(bad)) => items[key.parse::<usize>().unwrap()] = bad,
        (other, _) => panic!("nothing to change at {pointer} in {other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn types_without_stand_ins_hide_nothing_present(faults in prop::collection::btree_set((0_usize..4, 0_usize..4), 0..16)) {
        let good = json!({"code": "zebra", "count": 1, "inner": {"code": "zebra", "count": 1}});
        let mut config = json!([good, good, good, good]);
        let mut expected = BTreeSet::new();
        for (index, part) in faults {
            let (below, bad) = [("", json!("x")), ("", json!(-1)), ("/inner", json!("x")), ("/inner", json!(-1))][part].clone();
            let key = ["code", "count"][part % 2];
            inject(&mut config, &format!("/{index}{below}/{key}"), Some(bad));
            expected.insert(format!("$[{index}]{}.{key}", below.replace('/', ".")));
        }
        let found = from_node::<Vec<Strict>>(&parse(config.to_string().as_bytes()).unwrap());
        let found: BTreeSet<String> = found.err().iter().flatten().map(|fault| fault.path.clone()).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn no_fault_hides_another(chosen in prop::collection::btree_set(0..injections().len(), 0..injections().len())) {
        let mut config = valid();
        let mut expected = BTreeSet::new();
        let all = injections();
        for index in chosen {
            let (pointer, bad, path) = &all[index];
            inject(&mut config, pointer, bad.clone());
            expected.insert((*path).to_owned());
        }
        let found = match from_node::<Config>(&parse(config.to_string().as_bytes()).unwrap()) {
            Ok(_) => BTreeSet::new(),
            Err(faults) => faults.iter().map(|fault| match fault.message.strip_prefix("missing key ") {
                Some(key) => format!("{} lacks {key}", fault.path),
                None => fault.path.clone(),
            }).collect(),
        };
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn the_parts_of_a_map_hide_nothing_of_each_other() {
    let faults = |text: &str| -> Vec<String> {
        let read = from_node::<Both<Both<Strict, Ordered>, Stubborn>>(&parse(text.as_bytes()).unwrap());
        read.unwrap_err().iter().map(|fault| fault.path.clone()).collect()
    };
    // `Stubborn` is no map: it fails beside whatever else does.
    assert_eq!(faults(r#"{"code": "zebra", "count": 1, "low": 1, "high": 2}"#), ["$"]);
    let stands_in_nowhere = r#"{"code": "x", "count": -1, "low": 1, "high": -1, "more": 1}"#;
    assert_eq!(faults(stands_in_nowhere), ["$", "$.code", "$.count", "$.high", "$"]);
    let checked_across = r#"{"code": "x", "count": 1, "low": 2, "high": 1}"#;
    assert_eq!(faults(checked_across), ["$.high", "$", "$.code"]);
    assert_eq!(faults("[]"), ["$"]);
}
