//! `cargo xtask size`: what the bytes of a plugin are.

use crate::build::{finish_package, raw_module};
use crate::finish::Names;
use crate::terminal::{BOLD, kilobytes, table};
use crate::toolchain;
use crate::workspace::Workspace;
use anyhow::Result;
use std::collections::{BTreeMap, HashMap};
use wasmparser::{KnownCustom, Name, Parser, Payload};

/// One function of a module.
#[derive(Debug, PartialEq, Eq)]
struct Function {
    name: String,
    bytes: usize,
}

/// What a module is made of, in bytes.
#[derive(Debug, Default)]
struct Content {
    functions: Vec<Function>,
    data: usize,
}

/// Builds a plugin and prints its largest functions and what each crate contributes; `top` rows of each.
///
/// # Errors
/// When the plugin does not build.
pub fn explain(workspace: &Workspace, plugin: &str, top: usize) -> Result<()> {
    toolchain::ensure_target()?;
    let package = workspace.plugin(plugin)?;
    let raw = raw_module(workspace, package)?;
    let shipped = finish_package(workspace, package, &raw, Names::Strip)?.wasm.len();
    let content = read(&finish_package(workspace, package, &raw, Names::Keep)?.wasm)?;
    let code: usize = content.functions.iter().map(|function| function.bytes).sum();
    anstream::println!(
        "{BOLD}{plugin}{BOLD:#}: {} KB, of which code {} KB in {} functions, constants {} KB\n",
        kilobytes(shipped),
        kilobytes(code),
        content.functions.len(),
        kilobytes(content.data)
    );
    let modules = largest(by_module(&content.functions), top);
    let functions = content.functions.into_iter().map(|function| (function.name, function.bytes)).collect();
    anstream::println!("{}", rows("crate or module", modules, code));
    anstream::print!("{}", rows("function", largest(functions, top), code));
    Ok(())
}

fn rows(what: &str, sizes: Vec<(String, usize)>, all: usize) -> String {
    let heading = ["KB".to_owned(), "of code".to_owned(), what.to_owned()];
    let percent = |bytes: usize| format!("{:>5}%", bytes.saturating_mul(100) / all.max(1));
    let rows = sizes.into_iter().map(|(name, bytes)| [format!("{:>6}", kilobytes(bytes)), percent(bytes), name]);
    table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
}

fn largest(mut sizes: Vec<(String, usize)>, top: usize) -> Vec<(String, usize)> {
    sizes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    sizes.truncate(top);
    sizes
}

fn by_module(functions: &[Function]) -> Vec<(String, usize)> {
    let mut sizes = BTreeMap::new();
    for function in functions {
        *sizes.entry(module_of(&function.name)).or_insert(0) += function.bytes;
    }
    sizes.into_iter().collect()
}

/// Crate and module of a function: `core::fmt` of `<core::fmt::Formatter as core::fmt::Write>::write_str`. Where the
/// type says nothing (`<&T as core::fmt::Debug>::fmt`) the trait does.
fn module_of(name: &str) -> String {
    let paths = name.trim_start_matches('<').split(" as ").map(|path| path.trim_start_matches(['&', '*']));
    let mut modules = paths.map(leading_modules).filter(|module| !module.is_empty());
    modules.next().unwrap_or_else(|| "C runtime and intrinsics".to_owned())
}

/// The first two modules of a path, without the item that it ends in.
fn leading_modules(path: &str) -> String {
    let path = path.split([' ', '<', '>', '(', '{', '[', ',']).next().unwrap_or_default();
    let modules = path.rsplit_once("::").map_or("", |(modules, _)| modules);
    let lower = |segment: &&str| segment.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    modules.split("::").take_while(lower).take(2).collect::<Vec<_>>().join("::")
}

fn read(wasm: &[u8]) -> Result<Content> {
    let mut content = Content::default();
    let mut names = HashMap::new();
    let mut index = 0;
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => index += imports.count(),
            Payload::DataSection(data) => content.data = data.range().len(),
            Payload::CodeSectionEntry(body) => {
                bodies.push((index, body.range().len()));
                index += 1;
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(subsections) = section.as_known() {
                    for subsection in subsections {
                        if let Name::Function(map) = subsection? {
                            for naming in map {
                                let naming = naming?;
                                names.insert(naming.index, naming.name.to_owned());
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }
    content.functions = bodies
        .into_iter()
        .map(|(index, bytes)| Function { name: names.remove(&index).unwrap_or_default(), bytes })
        .collect();
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_functions_with_their_names_past_the_imports() {
        let wasm = wat::parse_str(
            r#"(module (import "env" "log" (func $log)) (memory 1) (data (i32.const 0) "four")
                (func $"a::b::first" call $log) (func $second))"#,
        )
        .unwrap();
        let content = read(&wasm).unwrap();
        let names: Vec<_> = content.functions.iter().map(|function| function.name.as_str()).collect();
        assert_eq!(names, ["a::b::first", "second"]);
        assert!(content.functions[0].bytes > content.functions[1].bytes);
        assert!(content.data >= 4);
    }

    #[test]
    fn groups_by_crate_and_module() {
        for (name, module) in [
            ("serde_json::de::Deserializer<R>::parse_str", "serde_json::de"),
            ("<core::fmt::Formatter as core::fmt::Write>::write_str", "core::fmt"),
            ("plugin_core::exchange::stream::poll", "plugin_core::exchange"),
            ("<&T as core::fmt::Debug>::fmt", "core::fmt"),
            ("dlmalloc", "C runtime and intrinsics"),
        ] {
            assert_eq!(module_of(name), module, "{name}");
        }
    }
}
