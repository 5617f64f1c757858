//! A map whose keys are known: the JSON form of a protobuf message, or a Kubernetes object.

use std::cell::{Cell, RefCell};

use serde_yaml::{Mapping, Value};

use super::{Node, did_you_mean};

/// The fields of one map. A field is found under its snake_case name and under the lowerCamelCase one.
pub(crate) struct Message<'a> {
    node: Node<'a>,
    entries: Option<&'a Mapping>,
    /// Every field that was asked for, and whether it is worth naming to users.
    asked: RefCell<Vec<(&'static str, bool)>>,
    /// The message was refused as a whole, so its other fields say nothing.
    refused: Cell<bool>,
}

impl<'a> Message<'a> {
    pub(super) fn new(node: Node<'a>, entries: Option<&'a Mapping>) -> Self {
        Self { node, entries, asked: RefCell::default(), refused: Cell::new(false) }
    }

    /// The message itself, for faults about the whole of it.
    pub(crate) fn node(&self) -> &Node<'a> {
        &self.node
    }

    /// An optional field; null counts as absent.
    pub(crate) fn get(&self, name: &'static str) -> Option<Node<'a>> {
        self.asked.borrow_mut().push((name, true));
        self.find(name)
    }

    /// A field that must be there; a stand-in after a fault.
    pub(crate) fn need(&self, name: &'static str) -> Node<'a> {
        self.get(name).unwrap_or_else(|| {
            self.node.fault(format!("`{name}` is missing"));
            self.stand_in(name)
        })
    }

    /// The only field of `names` that is there, if any.
    pub(crate) fn any_of(&self, names: &[&'static str]) -> Option<(&'static str, Node<'a>)> {
        let mut present = names.iter().filter_map(|name| Some((*name, self.get(name)?)));
        let first = present.next();
        if let Some((second, node)) = present.next() {
            let first = first.as_ref().map(|(name, _)| *name).unwrap_or_default();
            node.fault(format!("only one of `{first}` and `{second}` can be given"));
        }
        first
    }

    /// The only field of `names`, of which one must be there; a stand-in for the first after a fault.
    pub(crate) fn one_of(&self, names: &[&'static str]) -> (&'static str, Node<'a>) {
        self.any_of(names).unwrap_or_else(|| {
            let listed: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            self.node.fault(format!("one of {} is missing", listed.join(", ")));
            let first = names.first().copied().unwrap_or_default();
            (first, self.stand_in(first))
        })
    }

    /// Accepts fields that have no effect here, with a warning that says why.
    pub(crate) fn ignore(&self, names: &[&'static str], why: &str) {
        for name in names {
            self.asked.borrow_mut().push((name, false));
            if let Some(node) = self.find(name) {
                node.warn(format!("has no effect here: {why}"));
            }
        }
    }

    /// Refuses fields that people are likely to try, with a reason of its own. True when one is there.
    pub(crate) fn refuse(&self, names: &[&'static str], why: &str) -> bool {
        let mut refused = false;
        for name in names {
            self.asked.borrow_mut().push((name, false));
            if let Some(node) = self.find(name) {
                node.fault(format!("is not supported: {why}"));
                refused = true;
            }
        }
        refused
    }

    /// Says nothing about further fields: a fault already refuses the whole message.
    pub(crate) fn accept_rest(&self) {
        self.refused.set(true);
    }

    /// Reports each key that was never asked for.
    pub(super) fn report_unknown(&self) {
        if self.refused.get() {
            return;
        }
        let asked = self.asked.borrow();
        for key in self.entries.into_iter().flat_map(Mapping::keys) {
            let word = super::json::key(key).unwrap_or_default();
            if asked.iter().any(|(name, _)| *name == word || camel_case(name) == word) {
                continue;
            }
            let public: Vec<&str> = asked.iter().filter(|(_, public)| *public).map(|(name, _)| *name).collect();
            let guess = did_you_mean(&word, public.iter().copied());
            let listed: Vec<String> = public.iter().map(|name| format!("`{name}`")).collect();
            let listed = if listed.is_empty() { "no field at all".to_owned() } else { listed.join(", ") };
            self.node.fault(format!("unsupported field `{word}`;{guess} supported: {listed}"));
        }
    }

    fn find(&self, name: &'static str) -> Option<Node<'a>> {
        let camel = camel_case(name);
        let entries = self.entries?;
        let snake_value = entries.get(name);
        let camel_value = if camel == name { None } else { entries.get(camel.as_str()) };
        if snake_value.is_some() && camel_value.is_some() {
            self.node.fault(format!("`{name}` is given twice, as `{name}` and as `{camel}`; keep one"));
        }
        let (key, value) = match (snake_value, camel_value) {
            (Some(value), _) => (name, value),
            (None, Some(value)) => (camel.as_str(), value),
            (None, None) => return None,
        };
        let path = match self.node.path.as_str() {
            "" => key.to_owned(),
            path if key.contains('.') => format!("{path}[{key:?}]"),
            path => format!("{path}.{key}"),
        };
        (!value.is_null()).then(|| Node { value, path, ..self.node.clone() })
    }

    fn stand_in(&self, name: &str) -> Node<'a> {
        Node { value: &Value::Null, path: format!("{}.{name}", self.node.path), muted: true, ..self.node.clone() }
    }
}

/// `use_remote_address` as `useRemoteAddress`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}
