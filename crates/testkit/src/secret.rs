//! The mark that secrets of tests carry, so that a gateway that shows one is found out.

/// Part of every secret, password and token that scenarios use. When a gateway ends, its logs, its metrics and, on our
/// own gateway, its inspector are searched for it, as it is and in Base64; a test whose gateway shows it fails.
pub const SECRET: &str = "s3cr3t";

/// The first line of `text` that shows a marked secret.
pub(crate) fn shown_in(text: &str) -> Option<&str> {
    let mut forms = base64_forms(SECRET.as_bytes());
    forms.push(SECRET.to_owned());
    text.lines().find(|line| forms.iter().any(|form| line.contains(form)))
}

/// What the Base64 of any text has in it when the text has `bytes` in it: groups of three may begin at three places.
fn base64_forms(bytes: &[u8]) -> Vec<String> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let form = |before: usize| {
        let bits: Vec<bool> = std::iter::repeat_n(&0, before)
            .chain(bytes)
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
            .collect();
        // Letters that are made of other bytes too are left out.
        let letters = bits.chunks_exact(6).skip((before * 8).div_ceil(6));
        let number = |bits: &[bool]| bits.iter().fold(0, |number, bit| number << 1 | usize::from(*bit));
        letters.map(|bits| char::from(LETTERS[number(bits)])).collect()
    };
    (0..3).map(form).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_as_it_is_and_in_base64() {
        assert_eq!(shown_in("one\ntwo s3cr3t-2\n"), Some("two s3cr3t-2"));
        // `s3cr3t-1`, `a:s3cr3t-1` and `id:s3cr3t-1`.
        for encoded in ["czNjcjN0LTE=", "YTpzM2NyM3QtMQ==", "aWQ6czNjcjN0LTE="] {
            let line = format!("authorization: Basic {encoded}");
            assert_eq!(shown_in(&line), Some(&*line));
        }
        assert_eq!(shown_in("secret\ns3c\nr3t\nQmFzaWMgYTpi"), None);
    }
}
