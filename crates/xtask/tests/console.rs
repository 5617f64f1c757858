//! What consoles are told of a plugin is the same everywhere, and its schema takes what the manifests configure.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics is a test that fails"
)]

use plugin_spec::Console;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn plugins() -> Vec<PathBuf> {
    let folders = root().join("plugins").read_dir().unwrap().map(|entry| entry.unwrap().path());
    let plugins: Vec<_> = folders.filter(|folder| folder.join("Cargo.toml").is_file()).collect();
    assert!(!plugins.is_empty());
    plugins
}

fn manifest(plugin: &Path) -> Value {
    let name = plugin.file_name().unwrap().to_string_lossy();
    serde_yaml::from_str(&read(&root().join(format!("deploy/base/{name}.yaml")))).unwrap()
}

#[test]
fn manifests_and_readmes_say_what_console_yaml_says() {
    for plugin in plugins() {
        let console = Console::read(&plugin.join("console.yaml")).unwrap();
        let manifest = manifest(&plugin);
        let (metadata, spec) = (&manifest["metadata"], &manifest["spec"]);
        let of = plugin.display();
        // The open console shows no plugin of a category that it does not know.
        assert_eq!(metadata["labels"]["higress.io/wasm-plugin-category"], console.category.as_str(), "{of}");
        assert_eq!(metadata["annotations"]["higress.io/wasm-plugin-title"], console.title.as_str(), "{of}");
        assert_eq!(
            (&spec["phase"], &spec["priority"]),
            (&console.phase.as_str().into(), &console.priority.into()),
            "{of}"
        );
        for (readme, order, bracket) in [
            ("README.md", "Plugin Execution Priority: ", ["(`", "`)"]),
            ("README_ZH.md", "插件执行优先级：", ["（`", "`）"]),
        ] {
            let page = read(&plugin.join(readme));
            assert!(page.contains(&format!("{order}`{}`", console.priority)), "{of}: {readme}: priority");
            assert!(page.contains(&bracket.join(&console.phase)), "{of}: {readme}: phase");
        }
    }
}

#[test]
fn schemas_take_what_manifests_configure() {
    let mut configurations = 0;
    for plugin in plugins() {
        let schema: Value = serde_json::from_str(&read(&plugin.join("schema.json"))).unwrap();
        let spec = &manifest(&plugin)["spec"];
        let rules = spec["matchRules"].as_array().into_iter().flatten().map(|rule| &rule["config"]);
        for configuration in [&spec["defaultConfig"]].into_iter().chain(rules).filter(|it| it.is_object()) {
            let faults = plugin_spec::faults(&schema, configuration);
            assert_eq!(faults, [""; 0], "{}: {configuration}", plugin.display());
            configurations += 1;
        }
    }
    assert!(configurations > plugins().len(), "only {configurations} configurations; are they still found?");
}
