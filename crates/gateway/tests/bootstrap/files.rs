//! Whole files: those in `good` are accepted, those in `bad` are refused with the words in the `.err` beside them.
//!
//! After a deliberate change of words: `BLESS=1 cargo test -p gateway --test bootstrap`

use std::fs;
use std::path::{Path, PathBuf};

use gateway::bootstrap::{Accepted, Bootstrap, Faults, load, parse};

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
    compare("good", |result| {
        let accepted = result.unwrap_or_else(|faults| panic!("{faults}"));
        accepted.warnings.iter().map(|it| format!("{it}\n")).collect()
    });
}

#[test]
fn bad_files_are_refused_with_every_fault() {
    compare("bad", |result| match result {
        Ok(accepted) => panic!("accepted: {accepted:#?}"),
        Err(faults) => format!("{faults}\n"),
    });
}

#[test]
fn a_missing_file_is_named() {
    let faults = load(Path::new("/nowhere/envoy.yaml")).unwrap_err();
    assert!(faults.to_string().starts_with("/nowhere/envoy.yaml: cannot be read: "), "{faults}");
}

fn compare(folder: &str, words: impl Fn(Result<Accepted<Bootstrap>, Faults>) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bootstrap").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.retain(|it| it.extension().is_some_and(|it| it == "yaml"));
    files.sort();
    assert!(!files.is_empty());
    let mut different = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let found = words(parse(&name, &fs::read_to_string(&file).unwrap()));
        let expected_file = file.with_extension("err");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&expected_file, &found).unwrap();
        }
        let expected = fs::read_to_string(&expected_file).unwrap_or_default();
        if expected != found {
            different.push(format!("--- {name}, expected:\n{expected}--- found:\n{found}"));
        }
    }
    assert!(different.is_empty(), "{}\nto accept, run again with BLESS=1", different.join("\n"));
}
