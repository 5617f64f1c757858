//! Schemas in the order in which people read them, with texts: for consoles in two languages, for editors in English.

use crate::field::{Field, joined};
use crate::words::{CHINESE, ENGLISH, title};
use crate::{Console, Spec};
use serde_json::Value as Json;
use serde_yaml::{Mapping, Value};

/// Who reads a schema.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Higress's console: OpenAPI 3.0, with `x-` keywords of its own.
    Console,
    /// Editors: JSON Schema.
    Editor,
}

/// The order of keywords; others come behind, in that of the alphabet.
const ORDER: [&str; 9] =
    ["type", "enum", "pattern", "minimum", "maximum", "default", "required", "properties", "items"];

/// `schema.json`.
pub(crate) fn schema_json(spec: &Spec<'_>) -> Result<String, String> {
    let mut schema = Mapping::new();
    schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("title".into(), spec.package.name.into());
    schema.insert("description".into(), spec.package.description.into());
    schema.extend(arranged(&spec.schema, "", &spec.console, Reader::Editor));
    let mut text = serde_json::to_string_pretty(&schema).map_err(|error| error.to_string())?;
    text.push('\n');
    Ok(text)
}

/// The schema of what stands at `path`.
pub(crate) fn arranged(schema: &Json, path: &str, console: &Console, reader: Reader) -> Mapping {
    let mut out = Mapping::new();
    let Some(schema) = schema.as_object() else { return out };
    let mut keywords: Vec<_> = schema.iter().filter(|(keyword, value)| is_told(keyword, value, reader)).collect();
    keywords.sort_by_key(|(keyword, _)| ORDER.iter().position(|known| known == keyword).unwrap_or(ORDER.len()));
    for (keyword, value) in keywords {
        let value = match (keyword.as_str(), value) {
            ("properties", Json::Object(properties)) => properties_of(properties, path, console, reader),
            ("items", items) => arranged(items, &format!("{path}[]"), console, reader).into(),
            ("additionalProperties", Json::Object(_)) => arranged(value, &format!("{path}.*"), console, reader).into(),
            ("oneOf", Json::Array(variants)) => {
                variants.iter().map(|variant| Value::from(arranged(variant, path, console, reader))).collect()
            }
            // OpenAPI 3.0 knows one type for a value; forms write the first.
            ("type", Json::Array(types)) if reader == Reader::Console => types.first().map_or(Value::Null, yaml),
            (_, value) => yaml(value),
        };
        out.insert(keyword.as_str().into(), value);
    }
    out
}

/// Texts come from elsewhere. Forms show the keys they know and no others, so nobody needs to tell them.
fn is_told(keyword: &str, value: &Json, reader: Reader) -> bool {
    match keyword {
        "title" | "description" => false,
        "required" => value.as_array().is_none_or(|names| !names.is_empty()),
        "patternProperties" => reader == Reader::Editor,
        "additionalProperties" => reader == Reader::Editor || value.is_object(),
        _ => true,
    }
}

fn properties_of(properties: &serde_json::Map<String, Json>, path: &str, console: &Console, reader: Reader) -> Value {
    let mut sorted: Vec<_> = properties.iter().map(|(name, schema)| (joined(path, name), name, schema)).collect();
    sorted.sort_by_key(|(path, ..)| console.place(path));
    let mut out = Mapping::new();
    for (path, name, schema) in sorted {
        let field = Field { path, schema: schema.clone(), is_required: false };
        let mut told = texts(&field, console, reader);
        told.extend(arranged(schema, &field.path, console, reader));
        out.insert(name.as_str().into(), told.into());
    }
    out.into()
}

fn texts(field: &Field, console: &Console, reader: Reader) -> Mapping {
    let mut out = Mapping::new();
    let description = ENGLISH.with_limits(field.description(), &field.schema);
    if reader == Reader::Editor {
        out.insert("description".into(), description.into());
        return out;
    }
    let english = field.schema.get("title").and_then(Json::as_str).map_or_else(|| title(field.name()), str::to_owned);
    // Settings of any depth may be given for all requests, and for those of a route, domain or service.
    if !field.path.contains(['.', '[']) {
        out.insert("x-scope".into(), "ALL".into());
    }
    out.insert("title".into(), english.clone().into());
    let chinese = console.texts(&field.path);
    if let Some(chinese) = &chinese {
        out.insert("x-title-i18n".into(), chinese_text(&chinese.title));
    }
    out.insert("description".into(), description.clone().into());
    if let Some(chinese) = &chinese {
        let text = CHINESE.with_limits(&chinese.text, &field.schema);
        out.insert("x-description-i18n".into(), chinese_text(&text));
    }
    out
}

/// Consoles in other languages show the text beside it.
fn chinese_text(text: &str) -> Value {
    Mapping::from_iter([("zh-CN".into(), text.into())]).into()
}

fn yaml(value: &Json) -> Value {
    serde_yaml::to_value(value).unwrap_or_default()
}
