//! Links lead somewhere, and what sentences name, files and symbols, exists.

use crate::page::{self, Page};
use crate::{files, none, read, root};
use std::path::Path;

/// What is wrong with a link of `page`, if anything.
fn broken(page: &Page, link: &str, pages: &[Page]) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let path = match file {
        "" => root().join(&page.path),
        file => root().join(page.path.parent().unwrap_or(Path::new(""))).join(file),
    };
    let Ok(path) = path.canonicalize() else { return Some(format!("{page}: {link} leads to no file")) };
    if anchor.is_empty() {
        return None;
    }
    let target = pages.iter().find(|page| root().join(&page.path).canonicalize().is_ok_and(|it| it == path));
    let found = target.is_some_and(|target| target.headings.iter().any(|heading| heading.anchor == anchor));
    (!found).then(|| format!("{page}: {link} leads to no heading"))
}

#[test]
fn every_link_leads_somewhere() {
    let pages = page::all();
    let links = pages.iter().flat_map(|page| page.links.iter().map(move |link| (page, link)));
    none(&links.filter_map(|(page, link)| broken(page, link, &pages)).collect::<Vec<_>>());
}

#[test]
fn a_broken_link_is_found() {
    let page = Page::parse("docs/x.md".into(), "# A b\n".to_owned());
    let pages = [Page::parse("README.md".into(), "# Here\n".to_owned())];
    let is_broken = |link| broken(&page, link, &pages).is_some();
    assert!(is_broken("nowhere.md") && is_broken("../README.md#there"));
    assert!(!is_broken("../README.md#here") && !is_broken("../Makefile") && !is_broken("https://rustup.rs"));
}

/// A path from the root, or one that a reader is to make.
fn names_a_file(code: &str) -> bool {
    const FOLDERS: [&str; 6] = ["crates/", "plugins/", "examples/", "docs/", "bench/", ".ci/"];
    let plain = !code.contains([' ', '*', '<', '{']) && !code.contains("my-");
    plain && FOLDERS.iter().any(|folder| code.starts_with(folder))
}

#[test]
fn every_file_named_in_a_sentence_exists() {
    let missing = |page: &Page| {
        let named = page.code.iter().filter(|code| names_a_file(code) && !root().join(code).exists());
        named.map(|code| format!("{page} names {code}, which is not there")).collect::<Vec<_>>()
    };
    none(&page::all().iter().flat_map(missing).collect::<Vec<_>>());
}

/// The last name of a path such as `plugin_core::uses` or `Request::forward`; nothing of a text that is no path.
fn symbol(code: &str) -> Option<&str> {
    let code = code.trim_start_matches("trait ").trim_end_matches(['!', '(', ')']);
    let is_path = code.len() > 2 && code.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | ':'));
    if is_path { code.rsplit("::").next() } else { None }
}

#[test]
fn every_symbol_that_the_architecture_names_exists() {
    let sources: String = files(".rs")
        .iter()
        .filter(|path| !path.starts_with("crates/xtask/tests/docs"))
        .map(|path| read(path))
        .collect();
    let words: std::collections::BTreeSet<&str> =
        sources.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect();
    let pages = page::all();
    let page = pages.iter().find(|page| page.path.ends_with("ARCHITECTURE.md")).unwrap();
    let symbols: Vec<&str> = page.code.iter().filter_map(|code| symbol(code)).collect();
    assert!(symbols.len() > 30 && !words.contains("no_such_symbol"), "{symbols:?}");
    let missing = symbols.iter().filter(|name| !words.contains(*name) && !root().join("crates").join(name).is_dir());
    none(&missing.map(|name| format!("ARCHITECTURE.md names `{name}`, which no source holds")).collect::<Vec<_>>());
}
