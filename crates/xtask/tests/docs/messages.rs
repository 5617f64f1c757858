//! Messages that the troubleshooting page explains are messages that the code gives.

use crate::page;
use crate::{files, none, read};

/// What Envoy says; our code does not.
const ENVOYS: [&str; 3] =
    ["Failed to load Wasm module due to a missing import: ", "Unable to create Wasm plugin ", "Invalid path: "];

/// All sources, with string literals that run over several lines made one again, and without escapes.
fn sources() -> String {
    let mut text: String = files(".rs")
        .iter()
        .filter(|path| !path.starts_with("crates/xtask/tests/docs"))
        .map(|path| read(path))
        .collect();
    text.push_str(&ENVOYS.join("\n"));
    let mut joined = String::new();
    for line in text.lines() {
        match line.trim_start().strip_suffix('\\') {
            Some(part) => joined.push_str(part),
            None => {
                joined.push_str(line.trim_start());
                joined.push('\n');
            }
        }
    }
    joined.replace("\\\"", "\"")
}

#[test]
fn explained_messages_exist() {
    let sources = sources();
    let page = page::all().into_iter().find(|page| page.path.ends_with("docs/troubleshooting.md")).unwrap();
    let messages: Vec<_> =
        page.blocks.iter().filter(|block| block.language == "text").flat_map(|block| block.text.lines()).collect();
    assert!(messages.len() > 15, "{messages:#?}");
    // `...` stands for what is filled in, and a colon behind it is often of another format string.
    let unknown = |message: &&str| !message.replace("...: ", "...").split("...").all(|part| sources.contains(part));
    none(&messages.into_iter().filter(unknown).map(|message| format!("nothing says: {message}")).collect::<Vec<_>>());
    assert!(!sources.contains(&format!("no message of {}", "ours")));
}
