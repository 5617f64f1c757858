//! No plugin without its documents, an example that tests load, and scenarios.

use std::path::Path;

/// What every folder in `plugins/` holds.
const NEEDED: [&str; 4] = ["README.md", "README_ZH.md", "example.yaml", "tests/scenarios.rs"];

fn lacking(plugin: &Path) -> Vec<&'static str> {
    NEEDED
        .into_iter()
        .filter(|needed| std::fs::read_to_string(plugin.join(needed)).map_or(true, |text| text.trim().is_empty()))
        .collect()
}

#[test]
fn every_plugin_is_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
    let mut plugins = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let plugin = entry.unwrap().path();
        if plugin.join("Cargo.toml").is_file() {
            assert_eq!(lacking(&plugin), [""; 0], "missing or empty in {}", plugin.display());
            plugins += 1;
        }
    }
    assert!(plugins > 0, "plugins/ is empty");
}

#[test]
fn a_plugin_without_them_is_found() {
    assert_eq!(lacking(Path::new("no such plugin")), NEEDED);
}
