//! Headers that routes add and remove.

use super::document::{Message, Node};
use super::format::Format;

/// What a route, a virtual host or the whole route configuration does to headers.
///
/// The most specific level acts first: the route's changes, then the virtual host's, then the configuration's. Within
/// a level headers are removed before others are added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderChanges {
    /// Added to the request before it is sent on.
    pub request_add: Vec<HeaderToAdd>,
    /// Removed from the request before it is sent on; in lower case.
    pub request_remove: Vec<String>,
    /// Added to the response before the client gets it.
    pub response_add: Vec<HeaderToAdd>,
    /// Removed from the response before the client gets it; in lower case.
    pub response_remove: Vec<String>,
}

/// A header to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderToAdd {
    /// Its name, in lower case.
    pub name: String,
    /// Its value.
    pub value: Format,
    /// What happens where the message has the header already.
    pub action: AppendAction,
    /// The header is added even when its value turns out empty.
    pub keep_empty_value: bool,
}

/// What happens where the message has the header already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AppendAction {
    /// A further value is added.
    #[default]
    AppendIfExistsOrAdd,
    /// It stays as it is.
    AddIfAbsent,
    /// Its values are replaced.
    OverwriteIfExistsOrAdd,
    /// Its values are replaced, and without it nothing is added.
    OverwriteIfExists,
}

const ACTIONS: [(&str, AppendAction); 4] = [
    ("APPEND_IF_EXISTS_OR_ADD", AppendAction::AppendIfExistsOrAdd),
    ("ADD_IF_ABSENT", AppendAction::AddIfAbsent),
    ("OVERWRITE_IF_EXISTS_OR_ADD", AppendAction::OverwriteIfExistsOrAdd),
    ("OVERWRITE_IF_EXISTS", AppendAction::OverwriteIfExists),
];

impl HeaderChanges {
    /// Reads the four fields from the message that has them.
    pub(super) fn read(message: &Message<'_>) -> Self {
        let to_add = |name| {
            let items = message.get(name).map(|it| it.items()).unwrap_or_default();
            items.iter().map(|it| it.message(HeaderToAdd::read)).collect()
        };
        let to_remove = |name| {
            let items = message.get(name).map(|it| it.items()).unwrap_or_default();
            items.iter().map(removable_name).collect()
        };
        Self {
            request_add: to_add("request_headers_to_add"),
            request_remove: to_remove("request_headers_to_remove"),
            response_add: to_add("response_headers_to_add"),
            response_remove: to_remove("response_headers_to_remove"),
        }
    }
}

impl HeaderToAdd {
    fn read(option: &Message<'_>) -> Self {
        let (name, value) = option.need("header").message(|header| {
            let name = header.need("key");
            // Envoy refuses to set `:authority` and the like here as well.
            if name.text().starts_with(':') || name.text().eq_ignore_ascii_case("host") {
                name.unsupported("a header; use `host_rewrite_literal` or `prefix_rewrite` for host and path");
            }
            header.refuse(&["raw_value"], "use `value`");
            (field_name(&name), header.get("value").map(|it| Format::read(&it)).unwrap_or_default())
        });
        let action = match option.any_of(&["append_action", "append"]) {
            Some(("append_action", node)) => node.one_of(&ACTIONS),
            Some((_, node)) if !node.flag() => AppendAction::OverwriteIfExistsOrAdd,
            _ => AppendAction::AppendIfExistsOrAdd,
        };
        let keep_empty_value = option.get("keep_empty_value").is_some_and(|it| it.flag());
        Self { name, value, action, keep_empty_value }
    }
}

fn removable_name(node: &Node<'_>) -> String {
    let name = field_name(node);
    if name.starts_with(':') || name == "host" {
        node.unsupported("a header other than `host` and those that start with `:`");
    }
    name
}

/// The name of a header, in lower case.
pub(super) fn field_name(node: &Node<'_>) -> String {
    let name = node.name().to_ascii_lowercase();
    let token = |it: u8| it.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&it);
    if !name.strip_prefix(':').unwrap_or(&name).bytes().all(token) {
        node.unsupported("the name of a header: letters, digits and !#$%&'*+-.^_`|~");
    }
    name
}
