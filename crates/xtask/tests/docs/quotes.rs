//! Code in documents is code of the workspace, and configurations in documents can be read.

use crate::page::{self, Block, Page};
use crate::{files, none, read};
use serde::Deserialize;
use serde_yaml::Value;

/// What the guide's reader calls the plugin that is `examples/greeter` here.
const READERS_NAME: [(&str, &str); 2] = [("my-greeter", "greeter"), ("my_greeter", "greeter")];

/// The blocks in these languages, each with its page.
fn blocks<'a>(pages: &'a [Page], languages: &'a [&str]) -> impl Iterator<Item = (&'a Page, &'a Block)> {
    let all = pages.iter().flat_map(|page| page.blocks.iter().map(move |block| (page, block)));
    all.filter(|(_, block)| languages.contains(&block.language.as_str()))
}

fn first_line(block: &Block) -> &str {
    block.text.lines().next().unwrap_or_default()
}

#[test]
fn code_is_quoted_from_files_that_compile() {
    let sources: Vec<String> = [files(".rs"), files("Cargo.toml")].concat().iter().map(|path| read(path)).collect();
    let is_quoted = |text: &str| sources.iter().any(|source| source.contains(text));
    assert!(!is_quoted(&format!("fn {}_function()", "no_such")));
    let pages = page::all();
    let mut faults = Vec::new();
    for (page, block) in blocks(&pages, &["rust", "toml"]) {
        let text = READERS_NAME.iter().fold(block.text.clone(), |text, (theirs, ours)| text.replace(theirs, ours));
        if !is_quoted(text.trim_end()) {
            faults.push(format!(
                "{page}: no file holds, letter for letter, the block that begins `{}`",
                first_line(block)
            ));
        }
    }
    none(&faults);
}

/// What is wrong with a configuration, if anything.
fn unreadable(block: &Block) -> Option<String> {
    if block.language == "json" {
        return serde_json::from_str::<serde_json::Value>(&block.text).err().map(|error| error.to_string());
    }
    let documents: Result<Vec<Value>, _> =
        serde_yaml::Deserializer::from_str(&block.text).map(Value::deserialize).collect();
    match documents {
        Ok(documents) => documents.iter().find_map(unreadable_inside),
        Err(error) => Some(error.to_string()),
    }
}

/// A plugin's configuration is JSON inside of YAML.
fn unreadable_inside(value: &Value) -> Option<String> {
    match value {
        Value::Mapping(map) => {
            let is_string_value =
                |value: &Value| value.as_str().is_some_and(|text| text.ends_with("protobuf.StringValue"));
            if map.get("@type").is_some_and(is_string_value) {
                let text = map.get("value").and_then(Value::as_str).unwrap_or_default();
                return serde_json::from_str::<serde_json::Value>(text)
                    .err()
                    .map(|error| format!("in {text}: {error}"));
            }
            map.values().find_map(unreadable_inside)
        }
        Value::Sequence(list) => list.iter().find_map(unreadable_inside),
        _ => None,
    }
}

#[test]
fn configurations_can_be_read() {
    let pages = page::all();
    let faults = blocks(&pages, &["json", "yaml"]).filter_map(|(page, block)| {
        unreadable(block).map(|error| format!("{page}: the block that begins `{}`: {error}", first_line(block)))
    });
    none(&faults.collect::<Vec<_>>());
}

#[test]
fn a_fault_in_a_configuration_is_found() {
    let inside = "a:\n- \"@type\": type.googleapis.com/google.protobuf.StringValue\n  value: |\n    {\"a\": }\n";
    for (language, text) in [("json", "{"), ("yaml", "a: [\n"), ("yaml", inside)] {
        assert!(unreadable(&Block { language: language.to_owned(), text: text.to_owned() }).is_some(), "{text}");
    }
}

/// The filter of the guide has the shape of those that are known to run.
#[test]
fn the_guides_filter_is_made_like_ours() {
    let mut ours = filter(&read("envoy.yaml".as_ref()), "header-injector");
    let page = page::all().into_iter().find(|page| page.path.ends_with("docs/first-plugin.md")).unwrap();
    let mut guides =
        page.blocks.iter().filter(|block| block.language == "yaml").map(|block| filter(&block.text, "my-greeter"));
    let mut guide = guides.next().unwrap();
    for filter in [&mut ours, &mut guide] {
        filter["typed_config"]["value"]["config"]["configuration"]["value"] = Value::Null;
    }
    let renamed = serde_yaml::to_string(&guide).unwrap().replace("my-greeter", "header-injector");
    assert_eq!(renamed, serde_yaml::to_string(&ours).unwrap());
}

/// The HTTP filter of this name, wherever it stands.
fn filter(yaml: &str, name: &str) -> Value {
    fn find(value: &Value, name: &str) -> Option<Value> {
        let children: Vec<&Value> = match value {
            Value::Mapping(map) if map.get("name").and_then(Value::as_str) == Some(name) => return Some(value.clone()),
            Value::Mapping(map) => map.values().collect(),
            Value::Sequence(list) => list.iter().collect(),
            _ => return None,
        };
        children.into_iter().find_map(|child| find(child, name))
    }
    find(&serde_yaml::from_str(yaml).unwrap(), name).unwrap_or_else(|| panic!("no filter {name}"))
}
