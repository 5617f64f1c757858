//! Commands that documents show can be given: targets of the Makefile, and command lines of `cargo xtask`.

use crate::page::{self, Page};
use crate::{none, read};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The commands of a page: lines of its shell blocks, and code in sentences that begins like one.
fn commands(page: &Page) -> Vec<String> {
    let shell = page.blocks.iter().filter(|block| matches!(block.language.as_str(), "sh" | "bash" | "console"));
    let lines = shell.flat_map(|block| {
        let is_console = block.language == "console";
        block.text.lines().filter_map(move |line| if is_console { line.strip_prefix("$ ") } else { Some(line) })
    });
    let all = lines.map(str::to_owned).chain(page.code.iter().cloned());
    all.flat_map(|line| {
        let line = line.split(" #").next().unwrap_or_default().to_owned();
        line.split("&&").map(without_variables).collect::<Vec<_>>()
    })
    .collect()
}

/// `make run` of `PORT=1 make run`.
fn without_variables(command: &str) -> String {
    let is_variable = |word: &&str| word.split_once('=').is_some_and(|(name, _)| name.chars().all(is_name));
    command.split_whitespace().skip_while(is_variable).collect::<Vec<_>>().join(" ")
}

fn is_name(letter: char) -> bool {
    letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_'
}

fn makefile_targets() -> BTreeSet<String> {
    let makefile = read(Path::new("Makefile"));
    let rules = makefile.lines().filter_map(|line| line.split_once(':'));
    let is_target = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    rules.map(|(name, _)| name).filter(is_target).map(str::to_owned).collect()
}

#[test]
fn every_make_target_exists() {
    let (targets, makefile) = (makefile_targets(), read(Path::new("Makefile")));
    assert!(targets.contains("test") && !targets.contains("tset"));
    let mut faults = Vec::new();
    let mut seen = 0;
    for page in page::all() {
        for command in commands(&page) {
            for word in command.strip_prefix("make ").iter().flat_map(|rest| rest.split_whitespace()) {
                seen += 1;
                let known = match word.split_once('=') {
                    Some((variable, _)) => makefile.contains(&format!("$({variable})")),
                    None => targets.contains(word),
                };
                if !known {
                    faults.push(format!("{page}: `{command}`: the Makefile knows no `{word}`"));
                }
            }
        }
    }
    assert!(seen > 20, "only {seen} targets are named; are commands still found?");
    none(&faults);
}

/// What the command line says against these arguments. `--help` at the end makes it read them and do nothing.
fn refusal(arguments: &str) -> Option<String> {
    let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = xtask.args(arguments.split_whitespace()).arg("--help").output().unwrap();
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn every_xtask_command_parses() {
    let pages = page::all();
    let given =
        |page| commands(page).into_iter().filter_map(|line| Some(line.strip_prefix("cargo xtask ")?.to_owned()));
    let lines: BTreeSet<String> = pages.iter().flat_map(given).collect();
    assert!(lines.len() > 3, "{lines:?}");
    let faults = lines.iter().filter_map(|line| refusal(line).map(|said| format!("cargo xtask {line}: {said}")));
    none(&faults.collect::<Vec<_>>());
    assert!(refusal("biuld --all").is_some() && refusal("build --al").is_some());
}

#[test]
fn finds_commands_behind_prompts_variables_and_comments() {
    let text =
        "`A=1 make one`\n\n```console\n$ make two && make three\nmake output\n```\n\n```sh\nmake four  # why\n```\n";
    let page = Page::parse("x.md".into(), text.to_owned());
    assert_eq!(commands(&page), ["make two", "make three", "make four", "make one"]);
}
