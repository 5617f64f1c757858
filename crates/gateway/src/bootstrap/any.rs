//! `typed_config`: which type a filter or extension is configured with, and the fields of that configuration.

use super::document::{Message, Node, did_you_mean};

const PREFIX: &str = "type.googleapis.com/";
const TYPED_STRUCTS: [&str; 2] = ["udpa.type.v1.TypedStruct", "xds.type.v3.TypedStruct"];

/// A type that can stand in a `typed_config`, and how it is read.
pub(super) struct Type<'r, T> {
    /// The full name of the protobuf message.
    pub(super) name: &'static str,
    pub(super) read: &'r dyn Fn(&Message<'_>) -> T,
}

/// Reads `node` as the one of `types` that its `@type` names, plain or as a TypedStruct; `None` after a fault.
pub(super) fn read<T>(node: &Node<'_>, types: &[Type<'_, T>]) -> Option<T> {
    node.message(|message| {
        let url = message.need("@type");
        let name = type_name(&url);
        if TYPED_STRUCTS.contains(&name.as_str()) {
            let inner = message.need("type_url");
            let name = type_name(&inner);
            let chosen = choose(&inner, &name, types);
            return match (message.get("value"), chosen) {
                (Some(value), Some(chosen)) => Some(value.message(chosen.read)),
                (None, Some(chosen)) => Some(Node::absent(message.node()).message(chosen.read)),
                (_, None) => None,
            };
        }
        match choose(&url, &name, types) {
            Some(chosen) => Some((chosen.read)(message)),
            None => {
                message.accept_rest();
                None
            }
        }
    })
}

fn choose<'t, 'r, T>(url: &Node<'_>, name: &str, types: &'t [Type<'r, T>]) -> Option<&'t Type<'r, T>> {
    let chosen = types.iter().find(|it| it.name == name);
    if chosen.is_none() {
        let listed: Vec<String> = types.iter().map(|it| format!("`{PREFIX}{}`", it.name)).collect();
        let guess = did_you_mean(name, types.iter().map(|it| it.name));
        let guess = if guess.is_empty() { guess } else { format!(";{guess}") };
        url.unsupported(&format!("{}{guess}", listed.join(", ")));
    }
    chosen
}

fn type_name(url: &Node<'_>) -> String {
    let url = url.text();
    url.rsplit('/').next().unwrap_or_default().to_owned()
}
