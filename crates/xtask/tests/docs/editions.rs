//! The English and the Chinese edition of a document have the same parts and the same code.

use crate::none;
use crate::page::{self, Block, Page};
use std::path::{Path, PathBuf};

/// The English edition of a Chinese document.
fn english(path: &Path) -> Option<PathBuf> {
    let path = path.to_str()?;
    let stem = path.strip_suffix(".zh.md").or_else(|| path.strip_suffix("_ZH.md"))?;
    Some(format!("{stem}.md").into())
}

/// What two editions do not have in common.
fn differences(chinese: &Page, english: &Page) -> Vec<String> {
    let mut found = Vec::new();
    let levels = |page: &Page| page.headings.iter().map(|heading| heading.level).collect::<Vec<_>>();
    if levels(chinese) != levels(english) {
        found.push(format!("{chinese} and {english} have different headings"));
    }
    let blocks = |page: &Page| page.blocks.iter().map(without_comments).collect::<Vec<_>>();
    let (ours, theirs) = (blocks(chinese), blocks(english));
    if ours.len() != theirs.len() {
        found.push(format!("{chinese} has {} blocks of code, {english} {}", ours.len(), theirs.len()));
    }
    let different = ours.iter().zip(&theirs).filter(|(ours, theirs)| ours != theirs);
    found.extend(
        different.map(|(ours, theirs)| format!("{chinese} and {english} show different code:\n{ours}\n{theirs}")),
    );
    found
}

/// A block without its comments, which may be translated.
fn without_comments(block: &Block) -> String {
    let comment = match block.language.as_str() {
        "sh" | "yaml" | "toml" => "#",
        "go" => "//",
        _ => return block.text.clone(),
    };
    let begins = |line: &str| line.starts_with(comment).then_some(0).or_else(|| line.find(&format!(" {comment}")));
    let lines = block.text.lines().map(|line| begins(line).map_or(line, |at| &line[..at]).trim_end());
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn both_editions_have_the_same_parts_and_code() {
    let pages = page::all();
    let mut faults = Vec::new();
    let mut pairs = 0;
    for chinese in &pages {
        let Some(path) = english(&chinese.path) else { continue };
        pairs += 1;
        match pages.iter().find(|page| page.path == path) {
            Some(english) => faults.extend(differences(chinese, english)),
            None => faults.push(format!("{chinese} has no English edition {}", path.display())),
        }
    }
    assert!(pairs > 4, "only {pairs} pairs; are they still found?");
    none(&faults);
}

#[test]
fn finds_what_differs() {
    let page = |path: &str, text: &str| Page::parse(path.into(), text.to_owned());
    let one = page("x.md", "# A\n\n```sh\nmake run # now\n```\n");
    let same = page("x.zh.md", "# 甲\n\n```sh\nmake run # 现在\n```\n");
    assert!(differences(&same, &one).is_empty());
    let other = page("x.zh.md", "## 甲\n\n```sh\nmake test\n```\n");
    assert_eq!(differences(&other, &one).len(), 2);
}
