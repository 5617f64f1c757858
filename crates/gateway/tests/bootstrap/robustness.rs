//! Every place of a good file, broken in every way: nothing is skipped, and nothing panics.

use gateway::bootstrap::parse;
use serde_yaml::{Mapping, Value};

const FILES: [&str; 3] = [
    include_str!("good/one-plugin.yaml"),
    include_str!("good/test-kit.yaml"),
    include_str!("good/without-effect.yaml"),
];

/// The steps to a place: keys and indices.
type Place = Vec<Value>;

fn places(value: &Value, here: &Place, found: &mut Vec<Place>) {
    found.push(here.clone());
    let below = |step: Value| here.iter().cloned().chain([step]).collect::<Place>();
    match value {
        Value::Mapping(map) => map.iter().for_each(|(key, value)| places(value, &below(key.clone()), found)),
        Value::Sequence(items) => {
            items.iter().enumerate().for_each(|(index, value)| places(value, &below(index.into()), found));
        }
        _ => {}
    }
}

fn at<'v>(value: &'v mut Value, place: &[Value]) -> &'v mut Value {
    place.iter().fold(value, |value, step| match step.as_u64() {
        Some(index) => &mut value[index as usize],
        None => &mut value[step],
    })
}

/// The text of each file with `change` made at each of its places, with the place.
fn changed(change: impl Fn(&mut Value, &Place) -> bool) -> Vec<(Place, String)> {
    let mut texts = Vec::new();
    for file in FILES {
        let whole: Value = serde_yaml::from_str(file).unwrap();
        let mut all = Vec::new();
        places(&whole, &Vec::new(), &mut all);
        for place in all {
            let mut copy = whole.clone();
            if change(at(&mut copy, &place), &place) {
                texts.push((place, serde_yaml::to_string(&copy).unwrap()));
            }
        }
    }
    assert!(texts.len() > 50, "only {} places", texts.len());
    texts
}

#[test]
fn an_unknown_field_is_refused_wherever_it_stands() {
    // Maps with keys of their own choice, and fields that have no effect with all that is in them.
    let free = |place: &Place| {
        let has = |key: &str| place.iter().any(|it| it.as_str() == Some(key));
        has("key_values") || has("decorator") || (has("configuration") && has("value"))
    };
    let texts = changed(|value, place| {
        let map = value.as_mapping_mut().filter(|_| !free(place));
        map.map(|map| map.insert("no_such_field".into(), 1.into())).is_some()
    });
    for (place, text) in texts {
        let faults = parse("f", &text).expect_err(&format!("accepted at {place:?}")).to_string();
        assert!(faults.contains("unsupported field `no_such_field`"), "{place:?}: {faults}");
        assert_eq!(faults.lines().count(), 1, "{place:?}: {faults}");
    }
}

#[test]
fn a_value_of_another_kind_never_panics() {
    let kinds = [
        Value::Null,
        true.into(),
        (-1).into(),
        1e300.into(),
        "".into(),
        "é%".into(),
        Value::Sequence(vec![Value::Null]),
        Value::Mapping(Mapping::from_iter([(Value::Null, Value::Null)])),
    ];
    for kind in kinds {
        let texts = changed(|value, _| {
            *value = kind.clone();
            true
        });
        for (place, text) in texts {
            if let Err(faults) = parse("f", &text) {
                assert!(faults.iter().all(|it| it.file == "f" && !it.text.is_empty()), "{place:?}: {faults}");
            }
        }
    }
}
