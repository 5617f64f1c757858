//! Configurations that documents show for a plugin, in blocks that begin with `yaml` and its name: the plugin takes them.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The plugins and the configurations of a page.
fn configurations(page: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(plugin) = line.strip_prefix("```yaml ") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            found.push((plugin.to_owned(), text.join("\n")));
        }
    }
    found
}

/// What `gateway check` prints, and whether it is content.
fn check(plugin: &str, configuration: &str) -> (String, bool) {
    let module = root().join("dist").join(format!("{plugin}.wasm"));
    assert!(module.is_file(), "{} is missing: `cargo xtask build {plugin}`", module.display());
    let mut file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    std::io::Write::write_all(&mut file, configuration.as_bytes()).unwrap();
    let mut gateway = Command::new(env!("CARGO_BIN_EXE_gateway"));
    let output = gateway.arg("check").arg("--module").arg(module).arg(file.path()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8_lossy(&text).into_owned(), output.status.success())
}

#[test]
fn plugins_take_the_configurations_of_the_documents() {
    let mut count = 0;
    for entry in root().join("docs").read_dir().unwrap() {
        let path = entry.unwrap().path();
        for (plugin, configuration) in configurations(&std::fs::read_to_string(&path).unwrap()) {
            let (told, good) = check(&plugin, &configuration);
            assert!(good, "{}, {plugin}:\n{configuration}\n{told}", path.display());
            count += 1;
        }
    }
    assert!(count >= 10, "only {count} configurations were found");
}

#[test]
fn a_faulty_configuration_is_told() {
    let page = "```yaml\nno: plugin\n```\n\n```yaml mock-response\nstatus: 99\n```\n";
    let [(plugin, configuration)] = configurations(page).try_into().unwrap();
    let (told, good) = check(&plugin, &configuration);
    assert!(!good && told.contains("status"), "{told}");
}
