//! Queries: reading a parameter, and taking one out of a path however it is spelt.

/// The first value of a parameter, decoded.
pub(crate) fn value(query: &str, name: &str) -> Option<Vec<u8>> {
    pieces(query).find_map(|(_, piece)| {
        let (found, value) = piece.split_once('=').unwrap_or((piece, ""));
        (decode(found) == name.as_bytes()).then(|| decode(value))
    })
}

/// `path` without all parameters of that name. Names are compared decoded, as the upstream will.
pub(crate) fn without(path: &str, name: &str) -> String {
    let Some((before, query)) = path.split_once('?') else { return path.to_owned() };
    let mut kept = String::with_capacity(path.len());
    kept.push_str(before);
    let mut first = true;
    for (separator, piece) in pieces(query) {
        if decode(piece.split('=').next().unwrap_or_default()) == name.as_bytes() {
            continue;
        }
        kept.push_str(if first { "?" } else { separator });
        kept.push_str(piece);
        first = false;
    }
    kept
}

/// The parameters with the separator before each. Some upstreams split at `;` too, so a client must not hide one there.
fn pieces(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = Some(query);
    let mut separator = "";
    std::iter::from_fn(move || {
        let text = rest?;
        let before = separator;
        match text.find(['&', ';']) {
            Some(at) => {
                separator = text.get(at..=at).unwrap_or_default();
                rest = text.get(at + 1..);
                Some((before, text.get(..at).unwrap_or_default()))
            }
            None => {
                rest = None;
                Some((before, text))
            }
        }
    })
}

/// Percent-decoding as of forms: `+` is a space, and what is no escape stays as it is.
fn decode(text: &str) -> Vec<u8> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        match (byte, ahead.next().and_then(digit), ahead.next().and_then(digit)) {
            (b'+', ..) => decoded.push(b' '),
            (b'%', Some(high), Some(low)) => {
                decoded.push(high << 4 | low);
                bytes = ahead;
            }
            _ => decoded.push(byte),
        }
    }
    decoded
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_taken_out_however_it_is_spelt() {
        for (path, kept) in [
            ("/a", "/a"),
            ("/a?", "/a?"),
            ("/a?t=1", "/a"),
            ("/a?t", "/a"),
            ("/a?b=1&t=1&c=2&%74=2&t=", "/a?b=1&c=2"),
            ("/a?t=1&b=%20", "/a?b=%20"),
            ("/a?b=1;t=2;c", "/a?b=1;c"),
            ("/a?T=1&tt=2&%7=3&%", "/a?T=1&tt=2&%7=3&%"),
        ] {
            assert_eq!(without(path, "t"), kept, "{path}");
        }
        assert_eq!(without("/a?x+y=1&x%20y=2", "x y"), "/a");
    }

    #[test]
    fn a_value_is_read_decoded() {
        assert_eq!(value("a=1&b=%41+%2", "b"), Some(b"A %2".to_vec()));
        assert_eq!(value("b", "b"), Some(Vec::new()));
        assert_eq!(value("a=1", "b"), None);
    }
}
