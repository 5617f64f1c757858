//! How values are shown to operators: short, on one line, and never a secret.

use super::{Node, Number};

/// Characters of a value that are shown at most.
const SHOWN: usize = 60;

/// A value in few words: scalars as they are, lists and maps by their size.
pub(crate) fn found(node: &Node, secret: bool) -> String {
    match node {
        Node::Null => "null".to_owned(),
        Node::List(items) => sized("list", items.len(), "item"),
        Node::Map(entries) => sized("map", entries.len(), "key"),
        Node::String(text) if text.is_empty() => "an empty string".to_owned(),
        _ if secret => "a value that is not shown (its key looks secret)".to_owned(),
        Node::Bool(true) => "true".to_owned(),
        Node::Bool(false) => "false".to_owned(),
        Node::Number(number) => show_number(*number),
        Node::String(text) => quoted(text),
    }
}

/// The parts as one text. Std's `concat` and `format!` do the same with several times the code.
#[inline(never)]
pub(crate) fn joined(parts: &[&str]) -> String {
    let mut text = String::with_capacity(parts.iter().map(|part| part.len()).sum());
    parts.iter().for_each(|part| text.push_str(part));
    text
}

fn sized(kind: &str, count: usize, unit: &str) -> String {
    match count {
        0 => joined(&["an empty ", kind]),
        1 => joined(&["a ", kind, " with 1 ", unit]),
        _ => joined(&["a ", kind, " with ", &count.to_string(), " ", unit, "s"]),
    }
}

/// Text in double quotes for a fault's line: control characters escaped, cut when long.
pub fn quoted(text: &str) -> String {
    joined(&["\"", &shown(text), "\""])
}

/// Text in double quotes, control characters escaped, however long. Std's `{:?}` also escapes by tables of Unicode, for
/// which a plugin pays 7 KB.
pub(crate) fn in_quotes(text: &str) -> String {
    joined(&["\"", &escaped(text, usize::MAX), "\""])
}

/// Text on one line, control characters escaped, cut when long.
pub(super) fn shown(text: &str) -> String {
    escaped(text, SHOWN)
}

fn escaped(text: &str, longest: usize) -> String {
    let mut shown = String::new();
    let mut rest = text.chars();
    for letter in rest.by_ref().take(longest) {
        match letter {
            '\0' => shown.push_str("\\0"),
            _ if letter.is_control() || matches!(letter, '"' | '\\') => shown.extend(letter.escape_default()),
            _ => shown.push(letter),
        }
    }
    if rest.next().is_some() {
        shown.push_str("...");
    }
    shown
}

/// A number in plain digits. Written by hand because the float formatting of std adds 20 KB to each plugin.
pub(super) fn show_number(number: Number) -> String {
    let float = match number.whole() {
        Some(Number::Negative(whole)) => return whole.to_string(),
        Some(Number::Positive(whole)) => return whole.to_string(),
        _ => match number {
            Number::Float(float) => float,
            _ => return String::new(),
        },
    };
    let sign = if float < 0.0 { "-" } else { "" };
    let mut size = float.abs();
    if size >= 1e15 {
        let mut exponent = 0_u32;
        while size >= 10.0 && exponent < 400 {
            size /= 10.0;
            exponent += 1;
        }
        return joined(&["about ", sign, &((size + 0.5) as u64).to_string(), "e", &exponent.to_string()]);
    }
    let millionths = (size.fract() * 1e6) as u64;
    if millionths == 0 {
        return joined(&["about ", sign, &(size as u64).to_string(), ".000001"]);
    }
    let digits = (1_000_000 + millionths).to_string();
    let digits = digits.get(1..).unwrap_or_default().trim_end_matches('0');
    joined(&[sign, &(size as u64).to_string(), ".", digits])
}

/// True if the value of such a key should not be in a log.
///
/// `tokenHeader` or `secret_name` say where a secret is, they are none.
pub(super) fn looks_secret(key: &str) -> bool {
    const SECRET: [&str; 10] = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "token",
        "authorization",
        "apikey",
        "accesskey",
        "privatekey",
        "credential",
    ];
    const HARMLESS: [&str; 7] = ["header", "name", "path", "url", "ms", "ttl", "timeout"];
    let letters: Vec<u8> =
        key.bytes().filter(u8::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    SECRET.iter().any(|word| contains(&letters, word))
        && !HARMLESS.iter().any(|word| letters.ends_with(word.as_bytes()))
}

/// Whether `word` is somewhere in `text`. For short texts: the search of std is made for long ones, and large.
pub(super) fn contains(text: &[u8], word: &str) -> bool {
    position(text, word).is_some()
}

/// What is before and behind the first `word`, as [`contains`] finds it.
pub(crate) fn split_once<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let at = position(text.as_bytes(), word)?;
    Some((text.get(..at)?, text.get(at + word.len()..)?))
}

#[inline(never)]
fn position(text: &[u8], word: &str) -> Option<usize> {
    text.windows(word.len().max(1)).position(|part| part == word.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_written() {
        let shown = |float| show_number(Number::Float(float));
        assert_eq!(shown(1.5), "1.5");
        assert_eq!(shown(-0.25), "-0.25");
        assert_eq!(shown(5.0), "5");
        assert_eq!(shown(1e20), "about 1e20");
        assert_eq!(shown(-3e300), "about -3e300");
        assert_eq!(shown(1e-9), "about 0.000001");
        assert_eq!(show_number(Number::Negative(i64::MIN)), i64::MIN.to_string());
    }

    #[test]
    fn long_and_odd_text_stays_on_one_short_line() {
        assert_eq!(quoted("a\"b\nc\u{1b}\0\\'"), "\"a\\\"b\\nc\\u{1b}\\0\\\\'\"");
        assert_eq!(quoted(&"é".repeat(61)), format!("\"{}...\"", "é".repeat(60)));
    }

    #[test]
    fn secrets_are_known_by_their_key() {
        for key in ["password", "Redis-Password", "client_secret", "authToken", "api_key", "X-API-Key", "Authorization"]
        {
            assert!(looks_secret(key), "{key}");
        }
        for key in ["tokenHeader", "tokenPath", "secret_name", "status", "key", "tokenTimeout", "value"] {
            assert!(!looks_secret(key), "{key}");
        }
    }
}
