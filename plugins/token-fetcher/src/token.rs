//! Where the token stands in a service's answer, and what makes an answer a good one.

use plugin_core::config::{Node, Number};
use plugin_core::prelude::*;

/// The largest token that is taken, in bytes: what gateways allow for all headers together is 60 KiB.
const MAX_TOKEN: usize = 16 << 10;

/// A place in an answer.
#[derive(Clone, Debug, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Place {
    /// The first value of this header.
    Header(HeaderName),
    /// A string or number of the body, by a JSON Pointer such as `/data/token`.
    Json(Pointer),
    /// The whole body, without white space at its ends.
    Body,
}

/// A JSON Pointer (RFC 6901), in its parts.
#[derive(Clone, Debug, Deserialize, JsonSchema, Hash)]
#[serde(try_from = "String")]
#[schemars(extend("pattern" = "^/"))]
pub(crate) struct Pointer(Vec<String>);

/// What a good answer has.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Success {
    /// The statuses of a good answer.
    #[serde(default = "ok")]
    statuses: Vec<u16>,
    /// A field of the body, and what it has to be in a good answer.
    json: Option<Field>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Field {
    /// Where it stands, as a JSON Pointer.
    pointer: Pointer,
    /// Its value.
    equals: Node,
}

fn ok() -> Vec<u16> {
    vec![200]
}

impl Default for Success {
    fn default() -> Self {
        Self { statuses: ok(), json: None }
    }
}

impl Success {
    /// An error with its status unless `answer` is a good one.
    pub(crate) fn check(&self, answer: &Answer) -> Result<()> {
        let status = answer.status();
        let why = match &self.json {
            _ if !self.statuses.contains(&status) => "",
            Some(field) if !field.holds(answer) => ", and a field of its body says that it failed",
            _ => return Ok(()),
        };
        Err(Error::new(ErrorKind::Status(status), format!("the service answered with status {status}{why}")))
    }
}

impl Field {
    fn holds(&self, answer: &Answer) -> bool {
        let Ok(body) = answer.tree() else { return false };
        let Some(found) = self.pointer.find(&body) else { return false };
        match (found, &self.equals) {
            (Node::Number(found), Node::Number(wanted)) => {
                found.whole().unwrap_or(*found) == wanted.whole().unwrap_or(*wanted)
            }
            (found, wanted) => found == wanted,
        }
    }
}

impl Place {
    /// The token. It may stand in a header: it is not empty, not longer than [`MAX_TOKEN`], and on one line.
    pub(crate) fn find(&self, answer: &Answer) -> Result<FieldValue> {
        let token = match self {
            Self::Header(name) => answer.require_header(name)?.into_bytes(),
            Self::Json(pointer) => {
                let body = answer.tree()?;
                let found = pointer.find(&body).and_then(text);
                found.ok_or_else(|| missing("no string at the place in its body where the token is expected"))?
            }
            Self::Body => answer.body().trim_ascii().to_vec(),
        };
        match token.len() {
            0 => Err(missing("an empty token")),
            1..=MAX_TOKEN => FieldValue::try_from(token).map_err(|_| missing("a token with CR, LF or NUL")),
            length => Err(missing(&format!("a token of {length} bytes, at most {MAX_TOKEN} are taken"))),
        }
    }
}

fn missing(what: &str) -> Error {
    Error::new(ErrorKind::Answer, format!("the service answered with {what}"))
}

fn text(node: &Node) -> Option<Vec<u8>> {
    match node {
        Node::String(text) => Some(text.clone().into_bytes()),
        Node::Number(number) => whole(*number).map(|number| number.to_string().into_bytes()),
        _ => None,
    }
}

/// A number from zero up, without a fraction.
pub(crate) fn whole(number: Number) -> Option<u64> {
    match number.whole() {
        Some(Number::Positive(whole)) => Some(whole),
        _ => None,
    }
}

// === impl Pointer ===

impl Pointer {
    /// The pointer to a field of the outermost map.
    pub(crate) fn of(field: &str) -> Self {
        Self(vec![field.to_owned()])
    }

    pub(crate) fn find<'a>(&self, node: &'a Node) -> Option<&'a Node> {
        self.0.iter().try_fold(node, |node, part| match node {
            Node::List(items) => items.get(part.parse::<usize>().ok()?),
            _ => node.get(part),
        })
    }
}

/// `~1` is a slash and `~0` a tilde; any other tilde stands for itself.
fn unescaped(part: &str) -> String {
    let mut text = String::with_capacity(part.len());
    let mut letters = part.chars();
    while let Some(letter) = letters.next() {
        let escaped = match (letter, letters.clone().next()) {
            ('~', Some('1')) => '/',
            ('~', Some('0')) => '~',
            _ => {
                text.push(letter);
                continue;
            }
        };
        text.push(escaped);
        letters.next();
    }
    text
}

impl TryFrom<String> for Pointer {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let Some(parts) = text.strip_prefix('/') else {
            return Err("allowed: a JSON Pointer, which begins with `/`, such as `/data/access_token`");
        };
        Ok(Self(parts.split('/').map(unescaped).collect()))
    }
}
