//! Whole files: those in `good` are accepted, those in `bad` are refused with the words in the `.err` beside them.
//!
//! After a deliberate change of words: `BLESS=1 cargo test -p gateway --test bootstrap`

use std::path::Path;

use gateway::bootstrap::{load, parse};

use crate::snapshots::compare;

#[test]
fn the_gateways_own_configuration_is_accepted() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../envoy.yaml");
    let accepted = load(&file).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(accepted.warnings, []);
    let plugins: Vec<&str> = accepted.value.listeners[0].manager.plugins.iter().map(|it| it.name.as_str()).collect();
    assert!(plugins.contains(&"mock-response"), "{plugins:?}");
}

#[test]
fn good_files_are_accepted_with_their_warnings() {
    compare("bootstrap/good", |name, text| {
        let accepted = parse(name, text).unwrap_or_else(|faults| panic!("{faults}"));
        accepted.warnings.iter().map(|it| format!("{it}\n")).collect()
    });
}

#[test]
fn bad_files_are_refused_with_every_fault() {
    compare("bootstrap/bad", |name, text| match parse(name, text) {
        Ok(accepted) => panic!("accepted: {accepted:#?}"),
        Err(faults) => format!("{faults}\n"),
    });
}

#[test]
fn a_missing_file_is_named() {
    let faults = load(Path::new("/nowhere/envoy.yaml")).unwrap_err();
    assert!(faults.to_string().starts_with("/nowhere/envoy.yaml: cannot be read: "), "{faults}");
}
