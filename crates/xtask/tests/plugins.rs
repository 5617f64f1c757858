//! No plugin without its documents, an example that tests load, scenarios, and what consoles and editors need.

use std::path::Path;

/// What every folder in `plugins/` holds.
const NEEDED: [&str; 8] = [
    "README.md",
    "README_ZH.md",
    "console.yaml",
    "example.yaml",
    "schema.json",
    "spec.yaml",
    "tests/scenarios.rs",
    "tests/spec.rs",
];

fn lacking(plugin: &Path) -> Vec<&'static str> {
    NEEDED
        .into_iter()
        .filter(|needed| std::fs::read_to_string(plugin.join(needed)).map_or(true, |text| text.trim().is_empty()))
        .collect()
}

/// The READMEs that do not show `example.yaml` as it is.
fn without_the_example(plugin: &Path) -> Vec<&'static str> {
    let read = |file: &str| std::fs::read_to_string(plugin.join(file)).unwrap_or_default();
    let example = read("example.yaml");
    ["README.md", "README_ZH.md"].into_iter().filter(|readme| !read(readme).contains(&example)).collect()
}

/// A scenario on each gateway, or, for a plugin that asks for what only Higress has, the proof that Envoy refuses it.
fn has_scenarios(plugin: &Path) -> bool {
    let text = std::fs::read_to_string(plugin.join("tests/scenarios.rs")).unwrap_or_default();
    let is_there = |line: &str| text.lines().any(|it| it.trim_start().starts_with(line));
    is_there("#[testkit::scenario]") || is_there("#[testkit::scenario(higress)]") && text.contains("refused_by_envoy(")
}

#[test]
fn every_plugin_is_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
    let mut plugins = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let plugin = entry.unwrap().path();
        if plugin.join("Cargo.toml").is_file() {
            assert_eq!(lacking(&plugin), [""; 0], "missing or empty in {}", plugin.display());
            assert_eq!(without_the_example(&plugin), [""; 0], "another example than that of {}", plugin.display());
            assert!(
                has_scenarios(&plugin),
                "{}/tests/scenarios.rs has no function with #[testkit::scenario]; with (higress) alone it needs a test \
                 that calls testkit::refused_by_envoy",
                plugin.display()
            );
            plugins += 1;
        }
    }
    assert!(plugins > 0, "plugins/ is empty");
}

#[test]
fn a_plugin_without_them_is_found() {
    assert_eq!(lacking(Path::new("no such plugin")), NEEDED);
}

#[test]
fn a_plugin_without_scenarios_is_found() {
    let plugin = std::env::temp_dir().join(format!("xtask-plugins-{}", std::process::id()));
    std::fs::create_dir_all(plugin.join("tests")).unwrap();
    for (text, expected) in [
        ("#[test]\nfn a() {}\n", false),
        ("// #[testkit::scenario]\n", false),
        ("#[testkit::scenario]\nfn a() {}\n", true),
        ("#[testkit::scenario(higress)]\nfn a() {}\n", false),
        ("#[testkit::scenario(higress)]\nfn a() {}\n#[test]\nfn b() { refused_by_envoy(p, \"x\") }\n", true),
    ] {
        std::fs::write(plugin.join("tests/scenarios.rs"), text).unwrap();
        assert_eq!(has_scenarios(&plugin), expected, "{text}");
    }
    std::fs::remove_dir_all(plugin).unwrap();
}

#[test]
fn a_readme_with_another_example_is_found() {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in [("example.yaml", "a: 1\n"), ("README.md", "x\na: 1\ny"), ("README_ZH.md", "a: 2\n")] {
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    assert_eq!(without_the_example(folder.path()), ["README_ZH.md"]);
}
