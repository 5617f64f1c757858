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

/// Whether a path that `page` names, relative to it, leads out of the repository.
fn climbs_out(page: &page::Page, path: &str) -> bool {
    let depth = page.path.parent().map_or(0, |folder| folder.components().count());
    path.split('/').take_while(|part| *part == "..").count() > depth
}

#[test]
fn nothing_outside_the_repository_is_named() {
    let here = root().canonicalize().unwrap().display().to_string();
    let mut faults = Vec::new();
    for page in page::all() {
        let words = page.text.split(|letter: char| letter.is_whitespace() || "()[]{}<>`\"',".contains(letter));
        let outside = words.filter(|word| climbs_out(&page, word) || word.contains(&here));
        faults.extend(outside.map(|word| format!("{page} names {word}, which only this machine has")));
    }
    none(&faults);
}

#[test]
fn a_path_out_of_the_repository_is_found() {
    let page = page::Page::parse("docs/x.md".into(), String::new());
    assert!(climbs_out(&page, "../../beside/x.md") && !climbs_out(&page, "../README.md"));
}
