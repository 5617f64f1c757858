//! Blocks of PEM, read as leniently as gateways do: text may stand around them, and lines have any length.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The bytes of the first block with one of these labels, and its label. A block that is no Base64 ends the search.
pub(super) fn first<'a>(text: &'a str, labels: &[&str]) -> Option<(&'a str, Vec<u8>)> {
    let mut rest = text;
    loop {
        let (_, after) = rest.split_once("-----BEGIN ")?;
        let (label, after) = after.split_once("-----")?;
        let (body, after) = after.split_once(&format!("-----END {label}-----"))?;
        if labels.contains(&label) {
            let letters: String = body.split_ascii_whitespace().collect();
            return Some((label, STANDARD.decode(letters).ok()?));
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str = "-----BEGIN KEY-----\nAAEC\r\n\nAw==\n-----END KEY-----";

    #[test]
    fn a_block_is_found_among_others() {
        let text = format!("text\n-----BEGIN OTHER-----\n!\n-----END OTHER-----\n{BLOCK}\nmore");
        assert_eq!(first(&text, &["KEY"]), Some(("KEY", vec![0, 1, 2, 3])));
        assert_eq!(first(&text, &["NONE"]), None);
    }

    #[test]
    fn what_is_broken_is_none() {
        let encrypted = BLOCK.replace("AAEC", "Proc-Type: 4,ENCRYPTED");
        for text in ["", "AAEC", &BLOCK[..BLOCK.len() - 1], &encrypted, &BLOCK.replace("Aw==", "Aw")] {
            assert_eq!(first(text, &["KEY"]), None, "{text}");
        }
    }
}
