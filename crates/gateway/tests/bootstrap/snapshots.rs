//! Folders of files, each with the words that it is to cause in a file beside it.

use std::fs;
use std::path::{Path, PathBuf};

/// Reads each `.yaml` in `tests/<folder>` and compares what `words` makes of its name and text with the `.err` beside it.
///
/// With the environment variable `BLESS` the words found are written as those expected.
pub(crate) fn compare(folder: &str, words: impl Fn(&str, &str) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.retain(|it| it.extension().is_some_and(|it| it == "yaml"));
    files.sort();
    assert!(!files.is_empty());
    let mut different = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let found = words(&name, &fs::read_to_string(&file).unwrap());
        let expected_file = file.with_extension("err");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&expected_file, &found).unwrap();
        }
        let expected = fs::read_to_string(&expected_file)
            .unwrap_or_else(|error| panic!("{}: {error}; write it with BLESS=1", expected_file.display()));
        if expected != found {
            different.push(format!("--- {name}, expected:\n{expected}--- found:\n{found}"));
        }
    }
    assert!(different.is_empty(), "{}\nto accept, run again with BLESS=1", different.join("\n"));
}
