//! Header lists as the ABI passes them: counts and lengths, then names and values, each closed by a NUL.

use crate::host::Pairs;

/// A list without entries.
pub(super) const NONE: [u8; 4] = [0; 4];

/// Bytes of a list; the caller has checked its size.
pub(super) fn encode(pairs: &[(String, Vec<u8>)]) -> Vec<u8> {
    let bytes: usize = pairs.iter().map(|(name, value)| name.len() + value.len() + 10).sum();
    let mut out = Vec::with_capacity(bytes + 4);
    out.extend((pairs.len() as u32).to_le_bytes());
    for (name, value) in pairs {
        out.extend((name.len() as u32).to_le_bytes());
        out.extend((value.len() as u32).to_le_bytes());
    }
    for (name, value) in pairs {
        for text in [name.as_bytes(), value] {
            out.extend(text);
            out.push(0);
        }
    }
    out
}

/// A list of bytes the host wrote; what does not fit the form ends the list.
pub(super) fn decode(bytes: &[u8]) -> Pairs {
    let mut pairs = Pairs::new();
    let Some((count, rest)) = number(bytes) else { return pairs };
    let Some((mut lengths, mut texts)) = count.checked_mul(8).and_then(|size| rest.split_at_checked(size)) else {
        return pairs;
    };
    pairs.reserve(count);
    while let Some(((name, value), after)) = lengths_of(lengths).and_then(|(pair, after)| {
        let (name, left) = text(texts, pair.0)?;
        let (value, left) = text(left, pair.1)?;
        texts = left;
        Some(((name, value), after))
    }) {
        pairs.push((String::from_utf8_lossy(name).into_owned(), value.to_vec()));
        lengths = after;
    }
    pairs
}

fn lengths_of(bytes: &[u8]) -> Option<((usize, usize), &[u8])> {
    let (name, rest) = number(bytes)?;
    let (value, rest) = number(rest)?;
    Some(((name, value), rest))
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*number) as usize, rest))
}

fn text(bytes: &[u8], length: usize) -> Option<(&[u8], &[u8])> {
    let (text, rest) = bytes.split_at_checked(length)?;
    Some((text, rest.get(1..)?))
}
