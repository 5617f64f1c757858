//! Base64 (RFC 4648): written with padding for Basic credentials, read in its URL form for JSON Web Tokens.

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, index| bits << 8 | chunk.get(index).copied().map_or(0, u32::from));
        for index in 0..4 {
            let letter = LETTERS.get((bits >> (18 - 6 * index) & 63) as usize).copied().unwrap_or(b'=');
            text.push(if index <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

/// Reads the URL form without padding (RFC 7515, section 2).
pub(crate) fn decode_url(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for chunk in text.chunks(4) {
        let mut bits = 0_u32;
        for index in 0..4 {
            bits = bits << 6 | chunk.get(index).map_or(Some(0), |letter| value(*letter))?;
        }
        let length = match chunk.len() {
            1 => return None,
            length => length - 1,
        };
        bytes.extend(bits.to_be_bytes().into_iter().skip(1).take(length));
    }
    Some(bytes)
}

fn value(letter: u8) -> Option<u32> {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648, section 10.
    #[test]
    fn the_vectors_of_the_rfc() {
        for (plain, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(encode(plain.as_bytes()), encoded);
            assert_eq!(decode_url(encoded.trim_end_matches('=').as_bytes()), Some(plain.as_bytes().to_vec()));
        }
    }

    #[test]
    fn every_byte_comes_back_and_garbage_does_not() {
        let all: Vec<u8> = (0..=255).collect();
        let url = encode(&all).replace('+', "-").replace('/', "_");
        assert_eq!(decode_url(url.trim_end_matches('=').as_bytes()), Some(all));
        for garbage in ["a", "ab+c", "ab c", "abcde"] {
            assert_eq!(decode_url(garbage.as_bytes()), None, "{garbage}");
        }
    }
}
