//! The documents say nothing that is not so: links, commands, quoted code, examples, messages, and both languages.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is how a test speaks")]

mod commands;
mod editions;
mod links;
mod messages;
mod page;
mod quotes;

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every file of the workspace whose name ends in `suffix`, as a path from its root, sorted.
fn files(suffix: &str) -> Vec<PathBuf> {
    /// Built, installed or cloned, not written here.
    const NOT_OURS: [&str; 3] = ["target", "dist", ".git"];

    fn walk(root: &Path, folder: &Path, suffix: &str, found: &mut Vec<PathBuf>) {
        for entry in root.join(folder).read_dir().unwrap() {
            let entry = entry.unwrap();
            let (path, name) = (folder.join(entry.file_name()), entry.file_name().into_string().unwrap());
            if entry.file_type().unwrap().is_dir() {
                if !NOT_OURS.contains(&name.as_str()) {
                    walk(root, &path, suffix, found);
                }
            } else if name.ends_with(suffix) {
                found.push(path);
            }
        }
    }

    let mut found = Vec::new();
    walk(&root(), Path::new(""), suffix, &mut found);
    found.sort();
    assert!(!found.is_empty(), "no file ends in {suffix}");
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Fails with all faults at once, one a line.
fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn nothing_outside_the_repository_is_named() {
    let faults =
        page::all().into_iter().filter(|page| ["../shared", "/work/"].iter().any(|part| page.text.contains(part)));
    none(&faults.map(|page| format!("{page} names a folder of somebody's machine")).collect::<Vec<_>>());
}
