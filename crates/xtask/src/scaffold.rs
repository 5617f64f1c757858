//! `cargo xtask new`: a plugin of one's own, whole from the start: it builds, and its tests pass.

use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::path::Path;

/// The files of a new plugin. They are templates by `{{name}}`, `{{Name}}`, `{{crate}}` and `{{version}}` alone.
const FILES: [(&str, &str); 12] = [
    ("Cargo.toml", include_str!("../template/Cargo.toml.in")),
    ("src/lib.rs", include_str!("../template/src/lib.rs")),
    ("tests/unit.rs", include_str!("../template/tests/unit.rs")),
    ("tests/scenarios.rs", include_str!("../template/tests/scenarios.rs")),
    ("tests/spec.rs", include_str!("../template/tests/spec.rs")),
    ("tests/manifest.rs", include_str!("../template/tests/manifest.rs")),
    ("example.yaml", include_str!("../template/example.yaml")),
    ("console.yaml", include_str!("../template/console.yaml")),
    ("spec.yaml", include_str!("../template/spec.yaml")),
    ("schema.json", include_str!("../template/schema.json")),
    ("README.md", include_str!("../template/README.md")),
    ("README_ZH.md", include_str!("../template/README_ZH.md")),
];

/// The manifest of a new plugin.
const MANIFEST: &str = include_str!("../template/manifest.yaml");

/// Longer names do not fit into a label of Kubernetes, where a plugin's name stands too.
const LONGEST: usize = 63;

/// Writes `plugins/NAME` and the plugin's manifest, and says what to do next.
///
/// # Errors
/// When the name cannot be that of a plugin, or is taken.
pub fn create(workspace: &Workspace, name: &str) -> Result<()> {
    check(name)?;
    let folder = workspace.root.join("plugins").join(name);
    if folder.exists() || workspace.has_package(name) {
        bail!("there is a package `{name}` in this workspace; choose another name");
    }
    let version = workspace.version();
    for (file, template) in FILES {
        write(&folder.join(file), &filled(template, name, version))?;
    }
    let base = workspace.root.join("deploy/base");
    write(&base.join(format!("{name}.yaml")), &filled(MANIFEST, name, version))?;
    name_resource(&base.join("kustomization.yaml"), name)?;
    anstream::println!(
        "plugins/{name} is there. Next:\n  \
           cargo xtask build {name}      builds dist/{name}.wasm\n  \
           cargo test -p {name}          its tests, on a real gateway too (`make setup` once before)\n  \
           deploy/base/{name}.yaml       installs it in Higress\n  \
           plugins/{name}/src/lib.rs     is yours to change; docs/first-plugin.md leads through it\n  \
           cargo xtask spec{blank}then writes console form, editor schema and tables of options",
        blank = " ".repeat(name.len().saturating_add(8)),
    );
    Ok(())
}

fn check(name: &str) -> Result<()> {
    let word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    if name.len() > LONGEST || !name.split('-').all(word) {
        bail!(
            "`{name}` cannot be the name of a plugin; use at most {LONGEST} lower-case letters and digits, words joined \
             by `-`, each beginning with a letter, such as `header-injector`"
        );
    }
    Ok(())
}

fn filled(template: &str, name: &str, version: &str) -> String {
    let type_name: String = name.split('-').map(capitalised).collect();
    let filled = template.replace("{{name}}", name).replace("{{Name}}", &type_name).replace("{{version}}", version);
    filled.replace("{{crate}}", &name.replace('-', "_"))
}

/// Adds the manifest to the list that ends the file.
fn name_resource(kustomization: &Path, name: &str) -> Result<()> {
    let text =
        std::fs::read_to_string(kustomization).with_context(|| format!("cannot read {}", kustomization.display()))?;
    write(kustomization, &format!("{}\n- {name}.yaml\n", text.trim_end()))
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn write(path: &Path, text: &str) -> Result<()> {
    let attempt = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, text)
    };
    attempt().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_joined_by_hyphens() {
        for good in ["a", "header-injector", "limit2-x9"] {
            assert!(check(good).is_ok(), "{good}");
        }
        let long = "a".repeat(64);
        for bad in ["", "-a", "a-", "a--b", "A", "a_b", "2fa", "a/b", "..", "ä", &long] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn templates_are_filled_whole() {
        for (file, template) in FILES.into_iter().chain([("manifest", MANIFEST)]) {
            let text = filled(template, "my-first", "1.2.3");
            assert!(!text.contains("{{"), "{file}: {text}");
        }
        assert_eq!(
            filled("{{name}} {{Name}} {{crate}} {{version}}", "my-first", "1.2.3"),
            "my-first MyFirst my_first 1.2.3"
        );
    }
}
