//! Reads the bytes of a configuration: JSON, a protobuf Struct, and with the feature `yaml` YAML too.

use super::duplicate::find_duplicates;
use super::node::read;
use super::path::Here;
use super::protobuf_struct::read_struct;
use super::show::joined;
use super::{Faults, Node};

/// Reads a configuration as the host delivers it.
///
/// That is JSON from Higress and from a `StringValue` of Envoy, and the message's bytes from Envoy's
/// `google.protobuf.Struct`. No bytes, only white space and `null` all mean "no settings" and give the empty map.
/// With the feature `yaml`, text that begins neither with `{` nor with `[` is read as YAML.
///
/// # Errors
///
/// Text that is no JSON (or YAML), with line and column, and every key that is given twice.
pub fn parse(bytes: &[u8]) -> Result<Node, Faults> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Ok(Node::Map(Vec::new()));
    }
    let node = match read_json(bytes) {
        Ok(node) => node,
        // No text is a Struct too: each of its entries holds a byte 0x12, which neither JSON nor YAML may.
        Err(error) => read_struct(bytes).map_or_else(|| read_other(bytes, &error.text()), Ok)?,
    };
    let mut faults = Faults::default();
    find_duplicates(&Here::root(&node), &mut faults);
    match node {
        _ if !faults.is_empty() => Err(faults),
        Node::Null => Ok(Node::Map(Vec::new())),
        node => Ok(node),
    }
}

/// Reads JSON within the bounds of a [`Node`]. What is wrong with it is said by the bound, the error or both.
pub(crate) fn read_json(bytes: &[u8]) -> Result<Node, NoJson> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let node = read(&mut deserializer).map_err(|(bound, error)| NoJson { bound, error })?;
    deserializer.end().map_err(|error| NoJson { bound: None, error: Some(error) })?;
    Ok(node)
}

pub(crate) struct NoJson {
    bound: Option<&'static str>,
    error: Option<serde_json::Error>,
}

impl NoJson {
    /// Line and column.
    pub(crate) fn place(&self) -> (usize, usize) {
        self.error.as_ref().map_or((0, 0), |error| (error.line(), error.column()))
    }

    fn text(&self) -> String {
        match (self.bound, &self.error) {
            (Some(bound), Some(error)) => {
                joined(&[bound, " at line ", &error.line().to_string(), " column ", &error.column().to_string()])
            }
            (Some(bound), None) => bound.to_owned(),
            (None, error) => error.as_ref().map(serde_json::Error::to_string).unwrap_or_default(),
        }
    }
}

fn read_other(bytes: &[u8], json: &str) -> Result<Node, Faults> {
    let mut message = joined(&["cannot be read as JSON: ", json]);
    // Only slips of JSON begin like JSON. Read as YAML, some of them would pass, with another meaning.
    if !matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[')) {
        #[cfg(feature = "yaml")]
        match read_yaml(bytes) {
            Ok(node) => return Ok(node),
            Err(error) => message = joined(&["cannot be read as YAML: ", &error]),
        }
        #[cfg(not(feature = "yaml"))]
        message.push_str("; this build takes JSON only, for YAML build it with the feature `yaml`");
    }
    Err(Faults::one("$", message))
}

#[cfg(feature = "yaml")]
fn read_yaml(bytes: &[u8]) -> Result<Node, String> {
    // A text of comments only is an empty document, which the YAML reader calls an error.
    let nothing = |line: &[u8]| line.is_empty() || line.starts_with(b"#");
    if bytes.split(|byte| *byte == b'\n').all(|line| nothing(line.trim_ascii())) {
        return Ok(Node::Null);
    }
    read(serde_yaml::Deserializer::from_slice(bytes)).map_err(|(broken, error)| match (broken, error) {
        (Some(broken), _) => broken.to_owned(),
        (None, error) => error.map(|error| error.to_string()).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: Node = Node::Map(Vec::new());

    #[test]
    fn nothing_is_the_empty_map() {
        for text in ["", "  \n", "null", " null ", "{}", "\u{feff}{}"] {
            assert_eq!(parse(text.as_bytes()), Ok(EMPTY), "{text:?}");
        }
    }

    #[test]
    fn keys_keep_their_order() {
        let Ok(Node::Map(entries)) = parse(br#"{"b": 1, "a": {"d": 1, "c": 1}}"#) else { panic!() };
        assert_eq!(entries[0].0, "b");
        assert_eq!(entries[1].1.get("c"), Some(&Node::Number(super::super::Number::Positive(1))));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert!(parse(b"\xff\xfe{}").is_err());
        assert!(parse(b"{\"a\": \"\xff\"}").is_err());
    }

    #[cfg(not(feature = "yaml"))]
    #[test]
    fn yaml_is_refused_with_a_hint() {
        let faults = parse(b"status: 200").unwrap_err();
        assert!(faults.to_string().ends_with("this build takes JSON only, for YAML build it with the feature `yaml`"));
        let faults = parse(b"{\"status\": }").unwrap_err();
        assert_eq!(faults.to_string(), "$: cannot be read as JSON: expected value at line 1 column 12");
    }

    #[cfg(feature = "yaml")]
    #[test]
    fn yaml_is_read_within_bounds() {
        assert_eq!(parse(b"# nothing set\n"), Ok(EMPTY));
        assert_eq!(parse(b"~\n"), Ok(EMPTY));
        assert!(parse(b"a: .inf").is_err());
        assert!(parse(b"a: 1\n---\na: 2\n").is_err());
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..10 {
            let item = format!("*a{}", level - 1);
            bomb.push_str(&format!("a{level}: &a{level} [{}]\n", [item.as_str(); 10].join(", ")));
        }
        assert!(parse(bomb.as_bytes()).is_err());
        assert!(parse("- ".repeat(100_000).as_bytes()).is_err());
    }
}
