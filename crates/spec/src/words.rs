//! The words that tables and forms have of their own, in both languages.

use serde_json::Value;

/// A language of the documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Language {
    pub(crate) is_chinese: bool,
    pub(crate) head: &'static str,
    pub(crate) required: &'static str,
    pub(crate) optional: &'static str,
    /// Between a type and the name of a field that is made like it.
    pub(crate) like: &'static str,
}

pub(crate) const ENGLISH: Language = Language {
    is_chinese: false,
    head: "| Name | Data Type | Requirements | Default Value | Description |",
    required: "Required",
    optional: "Optional",
    like: ", as ",
};

pub(crate) const CHINESE: Language = Language {
    is_chinese: true,
    head: "| 名称 | 数据类型 | 填写要求 | 默认值 | 描述 |",
    required: "必填",
    optional: "选填",
    like: "，同 ",
};

impl Language {
    /// `text`, and behind it those limits of the schema that it does not tell itself.
    pub(crate) fn with_limits(self, text: &str, schema: &Value) -> String {
        let mut text = text.to_owned();
        for sentence in [self.choice(&text, schema), self.range(&text, schema)].into_iter().flatten() {
            if !self.is_chinese {
                text.push(' ');
            }
            text.push_str(&sentence);
        }
        text
    }

    fn choice(self, text: &str, schema: &Value) -> Option<String> {
        let items = schema.get("items").unwrap_or(schema);
        let words = items.get("enum")?.as_array()?;
        let words: Vec<_> = words.iter().filter_map(Value::as_str).map(|word| format!("`{word}`")).collect();
        if words.iter().all(|word| text.contains(word)) {
            return None;
        }
        Some(match self.is_chinese {
            false => format!("One of {}.", words.join(", ")),
            true => format!("取值为 {}。", words.join("、")),
        })
    }

    fn range(self, text: &str, schema: &Value) -> Option<String> {
        let number = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
        let untold = |number: u64| !text.contains(&number.to_string());
        match (number("minimum"), number("maximum")) {
            (Some(least), Some(most)) if least > 0 && (untold(least) || untold(most)) => Some(match self.is_chinese {
                false => format!("From {least} to {most}."),
                true => format!("取值 {least} 到 {most}。"),
            }),
            (_, Some(most)) if untold(most) => Some(match self.is_chinese {
                false => format!("At most {most}."),
                true => format!("最大 {most}。"),
            }),
            (Some(least), None) if least > 0 && untold(least) => Some(match self.is_chinese {
                false => format!("At least {least}."),
                true => format!("最小 {least}。"),
            }),
            _ => None,
        }
    }
}

/// `mockEnable` as the title of a field: `Mock enable`.
pub(crate) fn title(name: &str) -> String {
    let mut title = String::new();
    for letter in name.chars() {
        match letter {
            '_' | '-' => title.push(' '),
            _ if title.is_empty() => title.extend(letter.to_uppercase()),
            _ if letter.is_uppercase() => {
                title.push(' ');
                title.extend(letter.to_lowercase());
            }
            _ => title.push(letter),
        }
    }
    title
}

/// The type of a value, in the words that documents of Higress's plugins use.
pub(crate) fn type_of(schema: &Value) -> String {
    if let Some(Value::Array(variants)) = schema.get("oneOf") {
        return alternatives(variants.iter().map(type_of));
    }
    match schema.get("type") {
        Some(Value::Array(types)) => alternatives(types.iter().filter_map(Value::as_str).map(word)),
        Some(Value::String(kind)) => {
            // A format of one's own is what the plugin's page calls such texts.
            if let Some(format) = schema.get("format").and_then(Value::as_str) {
                return format.to_owned();
            }
            let of = |keyword: &str| schema.get(keyword).filter(|of| of.is_object()).map(type_of);
            match (kind.as_str(), of("items"), of("additionalProperties")) {
                ("array", Some(items), _) => format!("array of {items}"),
                ("object", _, Some(values)) => format!("map of {values}"),
                _ => word(kind),
            }
        }
        _ => "any".to_owned(),
    }
}

fn alternatives(types: impl Iterator<Item = String>) -> String {
    types.collect::<Vec<_>>().join(" or ")
}

fn word(kind: &str) -> String {
    match kind {
        "object" => "map",
        "integer" => "number",
        "boolean" => "bool",
        other => other,
    }
    .to_owned()
}
