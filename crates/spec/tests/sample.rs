//! A plugin's specification from end to end, over a sample in a folder of its own.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that panics fails")]

use plugin_core::config::{Both, Node, Text};
use plugin_core::prelude::*;
use plugin_spec::{Package, Spec, faults};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// The plugin.
#[derive(Deserialize, JsonSchema)]
#[serde(from = "Both<Settings, Service>")]
#[schemars(with = "Both<Settings, Service>")]
struct Sample;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "what is read is not the point here")]
struct Settings {
    /// Which way;
    /// told on two lines.
    way: Way,
    /// What to do, in this order.
    #[serde(default)]
    steps: Vec<Step>,
    /// The same for failures.
    otherwise: Option<Vec<Step>>,
    /// Units.
    #[schemars(range(min = 1, max = 9))]
    units: Option<u8>,
    /// A name.
    #[serde(default = "named")]
    name: FieldValue,
    /// By key.
    #[serde(default)]
    more: BTreeMap<String, Text>,
    /// Anything.
    any: Option<Node>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Way {
    Up,
    Down,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "what is read is not the point here")]
enum Step {
    /// For readers of the code.
    Wait,
    /// Sets a header | more.
    Set {
        /// Which.
        header: HeaderName,
    },
}

fn named() -> FieldValue {
    FieldValue::from_static("yes")
}

impl From<Both<Settings, Service>> for Sample {
    fn from(_: Both<Settings, Service>) -> Self {
        Self
    }
}

impl Plugin for Sample {
    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        Ok(request.forward())
    }
}

const EXAMPLE: &str = "# Up.\nway: up\n\nserviceName: a.static\nsteps:\n  - wait\n  - set: {header: x-a}\n";

const CONSOLE: &str = "
category: custom
phase: AUTHN
priority: 7
title: Sample
title_zh: 样例
description_zh: 一个样例。
fields:
  serviceName: {title: 服务, text: 服务名。}
  servicePort: {title: 端口, text: 端口。}
  cluster: {title: 集群, text: 集群。}
  host: {title: 主机, text: 主机。}
  way: {title: 方向, text: 方向。}
  steps: {title: 步骤, text: 步骤。}
  steps[].set: {title: 设置, text: 设置。}
  steps[].set.header: {title: 头, text: 哪个头。}
  otherwise: {title: 否则, text: 否则。}
  units: {title: 数量, text: 数量。}
  name: {title: 名称, text: 名称。}
  more: {title: 其他, text: 其他。}
  any: {title: 任意, text: 任意。}
same:
  otherwise[]: steps[]
";

const PAGE: &str = "# A\n\n<!-- options -->\nold\n<!-- /options -->\n\n<!-- options steps[], otherwise[] -->\n\
                    <!-- /options -->\nend\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in
        [("example.yaml", EXAMPLE), ("console.yaml", CONSOLE), ("README.md", PAGE), ("README_ZH.md", PAGE)]
    {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn spec(folder: &Path) -> Spec<'_> {
    Spec::of::<Sample>(Package { name: "sample", version: "1.2.3", description: "A sample.", folder })
}

fn file(spec: &Spec<'_>, name: &str) -> String {
    spec.files().unwrap().into_iter().find(|(path, _)| path.ends_with(name)).expect(name).1
}

/// What a test that fails says.
fn complaint(attempt: impl FnOnce() + std::panic::UnwindSafe) -> String {
    *std::panic::catch_unwind(attempt).expect_err("a complaint").downcast::<String>().unwrap()
}

#[test]
fn the_schema_says_what_the_types_mean() {
    let folder = folder();
    let spec = spec(folder.path());
    let schema = spec.schema();
    let properties = &schema["properties"];
    assert_eq!(schema["required"], json!(["way"]));
    assert_eq!(
        properties["way"],
        json!({"type": "string", "enum": ["up", "down"], "description": "Which way; told on two lines."})
    );
    assert_eq!(properties["units"], json!({"type": "integer", "minimum": 1, "maximum": 9, "description": "Units."}));
    assert_eq!(properties["name"]["default"], "yes");
    assert_eq!(properties["any"], json!({"description": "Anything."}));
    let step = &properties["steps"]["items"]["oneOf"];
    assert_eq!(step[0], json!({"type": "string", "enum": ["wait"]}));
    assert_eq!(step[1]["properties"]["set"]["properties"]["header"]["type"], "string");
    for (value, taken) in [
        (json!({"way": "up", "serviceName": "a"}), true),
        (json!({"way": "up", "cluster": "a", "steps": ["wait"], "more": {"a": 1, "b": "c"}}), true),
        (json!({"way": "up"}), false),
        (json!({"way": "up", "cluster": "a", "wya": "up"}), false),
        (json!({"way": "up", "cluster": "a", "steps": [{"set": {"header": "a b"}}]}), false),
    ] {
        assert_eq!(faults(schema, &value).is_empty(), taken, "{value}");
    }
}

#[test]
fn the_form_has_both_languages_in_the_order_of_the_texts() {
    let folder = folder();
    let text = file(&spec(folder.path()), "spec.yaml");
    let form: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    assert_eq!(form["info"]["x-title-i18n"]["zh-CN"], "样例");
    assert_eq!((&form["spec"]["phase"], &form["spec"]["priority"]), (&"AUTHN".into(), &7.into()));
    let schema = &form["spec"]["configSchema"]["openAPIV3Schema"];
    assert_eq!(schema, &form["spec"]["routeConfigSchema"]["openAPIV3Schema"]);
    let names: Vec<_> = schema["properties"].as_mapping().unwrap().keys().map(|key| key.as_str().unwrap()).collect();
    assert_eq!(names[..6], ["serviceName", "servicePort", "cluster", "host", "way", "steps"]);
    let otherwise = &schema["properties"]["otherwise"]["items"]["oneOf"][1]["properties"]["set"];
    assert_eq!(otherwise["x-title-i18n"]["zh-CN"], "设置");
    assert_eq!(schema["properties"]["service Port"], serde_yaml::Value::Null);
    assert_eq!(schema["properties"]["servicePort"]["title"], "Service port");
    assert_eq!(schema["properties"]["servicePort"]["x-scope"], "ALL");
    assert_eq!(schema["properties"]["units"]["description"], "Units. From 1 to 9.");
    assert_eq!(schema["properties"]["more"]["additionalProperties"]["type"], "string");
    assert!(
        text.contains("\n      example:\n        # Up.\n        way: up\n\n        serviceName: a.static\n"),
        "{text}"
    );
}

#[test]
fn tables_stand_in_their_places() {
    let folder = folder();
    let english = file(&spec(folder.path()), "README.md");
    for line in [
        "| `way` | string | Required | - | Which way; told on two lines. One of `up`, `down`. |",
        "| `steps` | array of string or map | Optional | - | What to do, in this order. |",
        "| `otherwise` | array of string or map, as `steps` | Optional | - | The same for failures. |",
        "| `set` | map | Optional | - | Sets a header \\| more. |",
        "| `set.header` | string | Required | - | Which. |",
        "| `more` | map of string or number | Optional | - | By key. |",
    ] {
        assert!(english.lines().any(|it| it == line), "no {line} in {english}");
    }
    assert!(!english.contains("\nold\n") && english.ends_with("<!-- /options -->\nend\n"), "{english}");
    let chinese = file(&spec(folder.path()), "README_ZH.md");
    assert!(chinese.contains("| `units` | number | 选填 | - | 数量。取值 1 到 9。 |"), "{chinese}");
}

#[test]
fn stale_files_are_found() {
    let folder = folder();
    let spec = spec(folder.path());
    let stale = spec.stale().unwrap();
    let names: Vec<_> = stale.iter().map(|(path, _)| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["spec.yaml", "schema.json", "README.md", "README_ZH.md"]);
    for (path, text) in stale {
        std::fs::write(path, text).unwrap();
    }
    assert!(spec.stale().unwrap().is_empty());
    spec.assert_fresh();
}

#[test]
fn texts_are_there_for_each_field_and_no_other() {
    let folder = folder();
    let console = folder.path().join("console.yaml");
    let path = folder.path().to_owned();
    let texts = CONSOLE.replace("category: custom", "category: flow-control");
    std::fs::write(
        &console,
        texts.replace("  units: {title: 数量, text: 数量。}\n", "  unit: {title: 数, text: 数。}\n"),
    )
    .unwrap();
    let complained = complaint(move || drop(spec(&path)));
    assert!(complained.contains("`units` has no `title` and `text` in console.yaml"), "{complained}");
    assert!(complained.contains("has no `unit` of its own; leave it out"), "{complained}");
    assert!(complained.contains("`category` is `flow-control`, allowed: route, ai, auth"), "{complained}");
}

#[test]
fn a_page_needs_a_place_for_each_table() {
    let folder = folder();
    for (page, fault) in [
        ("# A\n", "there is no place for the table of options"),
        ("<!-- options -->\n", "`<!-- options -->` has no `<!-- /options -->` below it"),
        ("<!-- options -->\n<!-- /options -->\n<!-- options stpes[] -->\n", "has nothing below `stpes[]`"),
    ] {
        std::fs::write(folder.path().join("README.md"), page).unwrap();
        let found = spec(folder.path()).files().unwrap_err();
        assert!(found.starts_with("README.md: ") && found.contains(fault), "{found}");
    }
}

/// A plugin that takes what its schema refuses.
#[derive(Deserialize, JsonSchema)]
#[allow(dead_code, reason = "what is read is not the point here")]
struct Lax {
    /// Up to 3, says the schema.
    #[schemars(range(max = 3))]
    units: u32,
}

impl Plugin for Lax {
    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        Ok(request.forward())
    }
}

#[test]
fn a_schema_that_refuses_too_much_is_found() {
    let folder = folder();
    spec(folder.path()).assert_agrees(&[EXAMPLE]);
    let console: Value = json!({
        "category": "custom", "phase": "AUTHN", "priority": 1, "title": "Lax", "title_zh": "宽", "description_zh": "宽",
        "fields": {"units": {"title": "数", "text": "数"}},
    });
    std::fs::write(folder.path().join("console.yaml"), console.to_string()).unwrap();
    let path = folder.path().to_owned();
    let complained = complaint(move || {
        let package = Package { name: "lax", version: "1.0.0", description: "Lax.", folder: &path };
        Spec::of::<Lax>(package).assert_agrees(&["units: 1"]);
    });
    assert!(complained.starts_with("the plugin takes what the schema refuses: {\"units\":7.0}"), "{complained}");
}
