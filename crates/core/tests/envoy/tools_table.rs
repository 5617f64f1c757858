//! The tables in `docs/tools.md` name a test for each row: all of them exist.

use std::path::Path;

#[test]
fn every_row_names_a_test_that_exists() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for document in ["docs/tools.md", "docs/tools.zh.md"] {
        let text = std::fs::read_to_string(folder.join("../..").join(document)).unwrap();
        let rows: Vec<Vec<&str>> = text
            .lines()
            .filter(|line| line.starts_with("| "))
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .filter(|row: &Vec<&str>| row.last().is_some_and(|last| last.contains("::")))
            .collect();
        assert_eq!(rows.len(), 27 + 4 + 5, "{document}: 27 tools, 4 hooks, 5 header states");
        for row in rows {
            let name = row.last().unwrap().trim_matches('`');
            let (module, function) = name.split_once("::").unwrap();
            let source = std::fs::read_to_string(folder.join(format!("tests/envoy/{module}.rs")))
                .unwrap_or_else(|error| panic!("{document} names {name}: {error}"));
            assert!(
                source.contains(&format!("#[testkit::scenario]\nfn {function}()")),
                "{document} names {name}, which is no test"
            );
        }
    }
}
