//! Header lists as the ABI passes them: a count, all lengths, then names and values, each closed by a NUL.

use crate::headers::Headers;

/// The most pairs that a guest may pass in one list.
const MOST_PAIRS: usize = 1024;
/// The most bytes that a guest may pass in one list.
const MOST_BYTES: usize = 1024 * 1024;

pub(crate) fn encode<'a>(pairs: impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> + Clone) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(number(pairs.len()));
    for (name, value) in pairs.clone() {
        out.extend(number(name.len()));
        out.extend(number(value.len()));
    }
    for (name, value) in pairs {
        for text in [name, value] {
            out.extend(text);
            out.push(0);
        }
    }
    out
}

/// A guest's list. What is too large or malformed counts as empty: that is what gateways do, without a status.
pub(crate) fn decode(bytes: &[u8]) -> Headers {
    if bytes.len() > MOST_BYTES {
        return Headers::default();
    }
    read(bytes).unwrap_or_default()
}

fn read(bytes: &[u8]) -> Option<Headers> {
    let (count, rest) = take_number(bytes)?;
    if count > MOST_PAIRS {
        return None;
    }
    let (mut lengths, mut texts) = rest.split_at_checked(count * 8)?;
    let mut headers = Headers::default();
    for _ in 0..count {
        let (name_size, after) = take_number(lengths)?;
        let (value_size, after) = take_number(after)?;
        lengths = after;
        let (name, left) = take_text(texts, name_size)?;
        let (value, left) = take_text(left, value_size)?;
        texts = left;
        headers.add(name, value);
    }
    Some(headers)
}

#[allow(clippy::cast_possible_truncation, reason = "a list longer than 4 GiB cannot be given to a 32-bit guest")]
fn number(size: usize) -> [u8; 4] {
    (size as u32).to_le_bytes()
}

fn take_number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*number) as usize, rest))
}

fn take_text(bytes: &[u8], size: usize) -> Option<(&[u8], &[u8])> {
    let (text, rest) = bytes.split_at_checked(size)?;
    match rest.split_first() {
        Some((0, rest)) => Some((text, rest)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(count: usize) -> Headers {
        (0..count).map(|n| (format!("name-{n}"), "value")).collect()
    }

    #[test]
    fn what_is_written_can_be_read() {
        for count in [0, 1, 2, MOST_PAIRS] {
            assert_eq!(decode(&encode(list(count).iter())), list(count));
        }
    }

    #[test]
    fn a_list_that_is_too_long_counts_as_empty() {
        assert_eq!(decode(&encode(list(MOST_PAIRS + 1).iter())), Headers::default());
        let large: Headers = [("a", "x".repeat(MOST_BYTES))].into_iter().collect();
        assert_eq!(decode(&encode(large.iter())), Headers::default());
    }

    #[test]
    fn every_cut_of_a_list_counts_as_empty() {
        let whole = encode(list(3).iter());
        for end in 0..whole.len() {
            assert_eq!(decode(&whole[..end]), Headers::default(), "cut at {end}");
        }
    }

    #[test]
    fn lengths_that_lie_count_as_empty() {
        let mut bytes = encode(list(1).iter());
        bytes[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(decode(&bytes), Headers::default());
        bytes[0..4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(decode(&bytes), Headers::default());
    }
}
