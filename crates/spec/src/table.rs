//! The tables of options in READMEs. They stand between `<!-- options -->` and `<!-- /options -->`.
//!
//! `<!-- options rules[] -->` begins a table of its own for the fields of a rule; what has none is told in the table
//! above it, by its path. `<!-- options request[], response[] -->` is one table for two.

use crate::Spec;
use crate::field::{Field, is_below};
use crate::words::{self, Language};
use serde_json::Value;

const BEGIN: &str = "<!-- options";
const END: &str = "<!-- /options -->";

/// `page` with its tables made anew.
pub(crate) fn filled(spec: &Spec<'_>, page: &str, language: Language) -> Result<String, String> {
    let tables: Vec<Vec<&str>> = page.lines().filter_map(roots).collect();
    let all: Vec<&str> = tables.iter().flatten().copied().collect();
    if !all.contains(&"") {
        return Err(format!("there is no place for the table of options: a line `{BEGIN} -->`, and one `{END}` below"));
    }
    if let Some(unknown) = all.iter().find(|root| !spec.fields.iter().any(|field| is_below(&field.path, root))) {
        return Err(format!("`{BEGIN} {unknown} -->`: the configuration has nothing below `{unknown}`"));
    }
    let mut out = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(root) = roots(line).and_then(|roots| roots.first().copied()) else { continue };
        out.push_str(&table(spec, root, &all, language));
        if !lines.by_ref().any(|line| line == END) {
            return Err(format!("`{line}` has no `{END}` below it"));
        }
        out.push_str(END);
        out.push('\n');
    }
    Ok(out)
}

/// The paths whose fields the table that begins with this line is for.
fn roots(line: &str) -> Option<Vec<&str>> {
    let paths = line.strip_prefix(BEGIN)?.strip_suffix("-->")?;
    Some(paths.split(',').map(str::trim).collect())
}

fn table(spec: &Spec<'_>, root: &str, all: &[&str], language: Language) -> String {
    let nearest = |path: &str| all.iter().filter(|other| is_below(path, other)).max_by_key(|other| other.len());
    let mut rows: Vec<&Field> = spec
        .fields
        .iter()
        .filter(|field| nearest(&field.path) == Some(&root) && spec.console.source(&field.path).is_none())
        .collect();
    rows.sort_by_key(|field| spec.console.place(&field.path));
    let mut out = format!("\n{}\n|---|---|---|---|---|\n", language.head);
    for field in rows {
        out.push_str(&row(spec, field, root, language));
    }
    out.push('\n');
    out
}

fn row(spec: &Spec<'_>, field: &Field, root: &str, language: Language) -> String {
    let name = within(&field.path, root);
    let requirement = if field.is_required { language.required } else { language.optional };
    let chinese = spec.console.texts(&field.path).map(|texts| texts.text).unwrap_or_default();
    let text = if language.is_chinese { chinese.as_str() } else { field.description() };
    let text = language.with_limits(text, &field.schema).replace('|', "\\|");
    let default = default(field.schema.get("default"));
    let mut kind = words::type_of(&field.schema);
    if let Some(other) = spec.console.like(&field.path) {
        kind.push_str(language.like);
        kind.push_str(&format!("`{}`", within(other, root)));
    }
    format!("| `{name}` | {kind} | {requirement} | {default} | {text} |\n")
}

/// A path as it is told in the table of `root`.
fn within<'a>(path: &'a str, root: &str) -> &'a str {
    path.strip_prefix(root).unwrap_or(path).trim_start_matches('.').trim_end_matches("[]")
}

/// A default as it is written in YAML. An empty text, list or map is what its absence means.
fn default(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::Array(list)) if list.is_empty() => "-".to_owned(),
        Some(Value::Object(map)) if map.is_empty() => "-".to_owned(),
        Some(Value::String(text)) if text.is_empty() => "-".to_owned(),
        Some(Value::String(text)) if !text.contains(char::is_control) => format!("`{text}`"),
        Some(value) => format!("`{}`", value.to_string().replace(',', ", ")),
    }
}
