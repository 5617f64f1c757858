//! Reads the bytes of a configuration: JSON, a protobuf Struct, and with the feature `yaml` YAML too.

use serde::Deserialize;

use super::duplicate::find_duplicates;
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
        Err(error) => read_struct(bytes).map_or_else(|| read_other(bytes, &error), Ok)?,
    };
    let mut faults = Faults::default();
    find_duplicates(&Here::root(&node), &mut faults);
    match node {
        _ if !faults.is_empty() => Err(faults),
        Node::Null => Ok(Node::Map(Vec::new())),
        node => Ok(node),
    }
}

fn read_json(bytes: &[u8]) -> Result<Node, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let node = Node::deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(node)
}

fn read_other(bytes: &[u8], json: &serde_json::Error) -> Result<Node, Faults> {
    let mut message = joined(&["cannot be read as JSON: ", &json.to_string()]);
    // Only slips of JSON begin like JSON. Read as YAML, some of them would pass, with another meaning.
    if !matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[')) {
        #[cfg(feature = "yaml")]
        match read_yaml(bytes) {
            Ok(node) => return Ok(node),
            Err(error) => message = joined(&["cannot be read as YAML: ", &error.to_string()]),
        }
        #[cfg(not(feature = "yaml"))]
        message.push_str("; this build takes JSON only, for YAML build it with the feature `yaml`");
    }
    Err(Faults::one("$", message))
}

#[cfg(feature = "yaml")]
fn read_yaml(bytes: &[u8]) -> Result<Node, serde_yaml::Error> {
    // A text of comments only is an empty document, which the YAML reader calls an error.
    let nothing = |line: &[u8]| line.is_empty() || line.starts_with(b"#");
    if bytes.split(|byte| *byte == b'\n').all(|line| nothing(line.trim_ascii())) {
        return Ok(Node::Null);
    }
    serde_yaml::from_slice(bytes)
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
