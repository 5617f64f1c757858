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

/// The text, cut with a mark where it is longer than `most` bytes.
pub(super) fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        let left = text.len() - end;
        text.truncate(end);
        text.push_str(&format!("… ({left} more bytes)"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn long_text_is_cut_between_letters() {
        assert_eq!(cut("abc".to_owned(), 3), "abc");
        assert_eq!(cut("aé漢".to_owned(), 4), "aé… (3 more bytes)");
        assert_eq!(cut("漢".to_owned(), 0), "… (3 more bytes)");
    }
}
