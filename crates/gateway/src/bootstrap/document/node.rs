//! One value of a file together with its place, so that every fault can name it.

use serde_yaml::Value;

use super::{Message, Report, did_you_mean};

/// A value and where it stands.
#[derive(Clone)]
pub(crate) struct Node<'a> {
    pub(super) value: &'a Value,
    pub(super) path: String,
    pub(super) report: &'a Report,
    /// A stand-in for something that was already reported: further faults about it would be noise.
    pub(super) muted: bool,
}

impl<'a> Node<'a> {
    pub(crate) fn root(value: &'a Value, path: &str, report: &'a Report) -> Self {
        Self { value, path: path.to_owned(), report, muted: false }
    }

    /// The empty value, at the place of `node`.
    pub(crate) fn absent(node: &Self) -> Self {
        Self { value: &Value::Null, ..node.clone() }
    }

    /// Notes a fault about this value.
    pub(crate) fn fault(&self, text: impl Into<String>) {
        if !self.muted {
            self.report.fault(&self.path, text);
        }
    }

    /// Notes that this value has no effect here.
    pub(crate) fn warn(&self, text: impl Into<String>) {
        if !self.muted {
            self.report.warn(&self.path, text);
        }
    }

    /// Notes that this value is not what is supported here.
    pub(crate) fn unsupported(&self, supported: &str) {
        self.fault(format!("found {}, supported: {supported}", self.shown()));
    }

    /// Notes that this text must be the name of a cluster.
    pub(crate) fn refer_to_cluster(&self) {
        if let (Value::String(name), false) = (self.value, self.muted) {
            self.report.refer(&self.path, name.clone());
        }
    }

    /// Reads a map by `read`, then reports the keys that `read` did not ask for.
    pub(crate) fn message<T>(&self, read: impl FnOnce(&Message<'a>) -> T) -> T {
        let (entries, muted) = match self.value {
            Value::Mapping(entries) => (Some(entries), self.muted),
            // `key:` with nothing after it is an empty message, as `{}` is.
            Value::Null => (None, self.muted),
            _ => {
                self.unsupported("a map");
                (None, true)
            }
        };
        let message = Message::new(Self { muted, ..self.clone() }, entries);
        let value = read(&message);
        message.report_unknown();
        value
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> Vec<Self> {
        match self.value {
            Value::Sequence(items) => items
                .iter()
                .enumerate()
                .map(|(index, value)| Self { value, path: format!("{}[{index}]", self.path), ..self.clone() })
                .collect(),
            Value::Null => Vec::new(),
            _ => {
                self.unsupported("a list");
                Vec::new()
            }
        }
    }

    /// The entries of a map with free keys.
    pub(crate) fn entries(&self) -> Vec<(String, Self)> {
        match self.value {
            Value::Mapping(entries) => entries.iter().map(|(key, value)| self.entry(key, value)).collect(),
            Value::Null => Vec::new(),
            _ => {
                self.unsupported("a map");
                Vec::new()
            }
        }
    }

    fn entry(&self, key: &Value, value: &'a Value) -> (String, Self) {
        let key = super::json::key(key).unwrap_or_else(|| {
            self.fault(format!("found the key {}, supported: text", show(key)));
            String::new()
        });
        let path = format!("{}[{key:?}]", self.path);
        (key, Self { value, path, ..self.clone() })
    }

    /// One of some names, as an enum's value is written.
    pub(crate) fn one_of<T: Copy + Default>(&self, names: &[(&str, T)]) -> T {
        let word = match self.value {
            Value::String(word) => word.as_str(),
            _ => "",
        };
        if let Some((_, value)) = names.iter().find(|(name, _)| *name == word) {
            return *value;
        }
        let listed: Vec<String> = names.iter().map(|(name, _)| format!("`{name}`")).collect();
        let guess = did_you_mean(word, names.iter().map(|(name, _)| *name));
        let guess = if guess.is_empty() { guess } else { format!(";{guess}") };
        self.unsupported(&format!("{}{guess}", listed.join(", ")));
        T::default()
    }

    /// The value in short, for faults.
    pub(crate) fn shown(&self) -> String {
        show(self.value)
    }
}

fn show(value: &Value) -> String {
    const LONGEST: usize = 120;
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => it.to_string(),
        Value::String(text) if text.chars().count() > LONGEST => {
            format!("{:?} and more", text.chars().take(LONGEST).collect::<String>())
        }
        Value::String(text) => format!("{text:?}"),
        Value::Sequence(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Sequence(_) => "a list".to_owned(),
        Value::Mapping(_) => "a map".to_owned(),
        Value::Tagged(it) => format!("a value tagged {}", it.tag),
    }
}
