//! Bytes that stand in the configuration itself, in a file or in an environment variable.

use std::path::PathBuf;

use super::document::Node;

/// Where bytes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataSource {
    /// A file, relative to the working directory as in Envoy.
    File(PathBuf),
    /// The bytes themselves.
    Inline(Vec<u8>),
    /// An environment variable of the gateway.
    Environment(String),
}

impl DataSource {
    pub(super) fn read(node: &Node<'_>) -> Self {
        node.message(|source| {
            source.refuse(&["watched_directory"], "files that change are noticed anyway");
            let (kind, value) = source.one_of(&["filename", "inline_string", "inline_bytes", "environment_variable"]);
            match kind {
                "filename" => Self::File(value.name().into()),
                "inline_bytes" => Self::Inline(value.bytes()),
                "environment_variable" => Self::Environment(value.name()),
                _ => Self::Inline(value.text().into_bytes()),
            }
        })
    }
}
