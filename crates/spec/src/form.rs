//! `spec.yaml`: how Higress's console lists a plugin and which form it shows for it.
//!
//! The format is that of Higress's image specification (<https://higress.cn/en/docs/latest/user/wasm-image-spec/>) and of
//! the console's own plugins, which have `routeConfigSchema` too: the form for one route or domain.

use crate::Spec;
use crate::arrange::{Reader, arranged};
use serde_yaml::{Mapping, Value};

pub(crate) fn spec_yaml(spec: &Spec<'_>, example: &str) -> Result<String, String> {
    let package = &spec.package;
    let console = &spec.console;
    let info = map([
        ("category", console.category.as_str().into()),
        ("name", package.name.into()),
        ("title", console.title.as_str().into()),
        ("x-title-i18n", both(&console.title_zh, &console.title)),
        ("description", package.description.into()),
        ("x-description-i18n", both(&console.description_zh, package.description)),
        ("version", package.version.into()),
        ("contact", map([("name", "gateway-plugins".into())])),
    ]);
    let placed = map([("phase", console.phase.as_str().into()), ("priority", console.priority.into())]);
    let head = map([("apiVersion", "1.0.0".into()), ("info", info), ("spec", placed)]);
    let schema = text(&arranged(&spec.schema, "", console, Reader::Console).into())?;
    let mut out = "# Made by `make spec` from the types of the configuration and console.yaml.\n".to_owned();
    out.push_str(&text(&head)?);
    for form in ["configSchema", "routeConfigSchema"] {
        out.push_str(&format!("  {form}:\n    openAPIV3Schema:\n"));
        out.push_str(&indented(&schema, 6));
        // The console shows the example as it is written, comments included.
        out.push_str("      example:\n");
        out.push_str(&indented(example, 8));
    }
    Ok(out)
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    entries.into_iter().map(|(key, value)| (Value::from(key), value)).collect::<Mapping>().into()
}

fn both(chinese: &str, english: &str) -> Value {
    map([("zh-CN", chinese.into()), ("en-US", english.into())])
}

fn text(value: &Value) -> Result<String, String> {
    serde_yaml::to_string(value).map_err(|error| error.to_string())
}

fn indented(text: &str, by: usize) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{:by$}{line}\n", "") };
    text.lines().map(line).collect()
}
