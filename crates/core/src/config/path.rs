//! Where in the tree we are: a chain of frames on the stack, written out as a JSON path only when there is a fault.

use super::Node;
use super::show::{found, joined, looks_secret, quoted};

#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

/// A node and the way to it.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    up: Option<&'a Here<'a>>,
    pub(super) step: Step<'a>,
    pub(super) node: &'a Node,
    /// The value must not be printed: a key on the way to it looks secret.
    pub(super) secret: bool,
    pub(super) depth: usize,
    /// What is read here is the key, not the node.
    pub(super) is_key: bool,
}

impl<'a> Here<'a> {
    pub(super) fn root(node: &'a Node) -> Self {
        Self { up: None, step: Step::Root, node, secret: false, depth: 0, is_key: false }
    }

    pub(super) fn child(&'a self, step: Step<'a>, node: &'a Node) -> Here<'a> {
        let secret = self.secret
            || match step {
                Step::Key(key) => looks_secret(key) || (key == "value" && self.names_a_secret()),
                _ => false,
            };
        Here { up: Some(self), step, node, secret, depth: self.depth + 1, is_key: false }
    }

    /// `{"name": "authorization", "value": ...}`: the name of the value stands beside it.
    fn names_a_secret(&self) -> bool {
        let name = self.node.get("name").or_else(|| self.node.get("key"));
        matches!(name, Some(Node::String(name)) if looks_secret(name))
    }

    /// The path, such as `$.headers[2].name`.
    pub(super) fn path(&self) -> String {
        let mut path = match self.up {
            Some(up) => up.path(),
            None => "$".to_owned(),
        };
        match self.step {
            Step::Root => {}
            Step::Key(key) => path.push_str(&key_step(key)),
            Step::Index(index) => {
                path.push('[');
                path.push_str(&index.to_string());
                path.push(']');
            }
        }
        path
    }

    /// The key of this node in its map, or nothing.
    pub(super) fn key(&self) -> &'a str {
        match self.step {
            Step::Key(key) => key,
            _ => "",
        }
    }

    /// What stands here, in few words.
    pub(super) fn found(&self) -> String {
        if self.is_key { joined(&["the key ", &quoted(self.key())]) } else { found(self.node, self.secret) }
    }

    /// The path of the list or map that holds this node.
    pub(super) fn container_path(&self) -> String {
        self.up.map_or_else(|| self.path(), Here::path)
    }

    /// Who is on the way, from the root to this node. Nodes are known by address: the tree stays where it is meanwhile.
    pub(super) fn trail(&self) -> Vec<*const Node> {
        let mut trail = self.up.map(Here::trail).unwrap_or_default();
        trail.push(self.node);
        trail
    }
}

/// A key as a step of a path: `.name`, or `["odd name"]` if it is not a plain word.
pub(crate) fn key_step(key: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !key.is_empty() && key.len() <= 60 && key.bytes().all(plain) {
        joined(&[".", key])
    } else {
        joined(&["[", &quoted(key), "]"])
    }
}
