//! How much is kept of one exchange.

/// Headers of one list.
pub(super) const HEADERS: usize = 100;
/// Bytes of a header's name or value, of a path, of a name that a plugin gives.
pub(super) const VALUE: usize = 1024;
/// Bytes of a log line.
pub(super) const LINE: usize = 2048;
/// Events of one exchange.
pub(super) const EVENTS: usize = 400;
/// Bytes of all texts of one exchange; what comes later is counted only.
pub(super) const BYTES: usize = 128 * 1024;

/// Bytes of a text that are searched for secrets. What lies beyond is never shown, since a secret of which only the
/// beginning was seen could not be told from innocent text.
pub(super) const SEARCHED: usize = 8 * 1024;

/// The text, cut with a mark where it is longer than `most` bytes.
pub(super) fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push_str(MARK);
    }
    text
}

/// The beginning of bytes that may be anything, as text.
pub(super) fn beginning(bytes: &[u8]) -> String {
    match bytes.get(..SEARCHED) {
        Some(first) if bytes.len() > SEARCHED => String::from_utf8_lossy(first).into_owned() + MARK,
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Stands where something was cut off.
const MARK: &str = "… (cut)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_letters() {
        assert_eq!(cut("abc".to_owned(), 3), "abc");
        assert_eq!(cut("aé漢".to_owned(), 4), "aé… (cut)");
        assert_eq!(cut("漢".to_owned(), 0), "… (cut)");
        assert_eq!(beginning(&[b'a'; SEARCHED]).len(), SEARCHED);
        assert!(beginning(&[b'a'; SEARCHED + 1]).ends_with("a… (cut)"));
    }
}
