//! Query parameters and cookies.

/// The first value of a parameter, percent-decoded, `+` being a space.
pub(super) fn query(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(key, value)| (decode(key), value)).find(|(key, _)| key == name).map(|(_, value)| decode(value))
}

/// The value of a cookie that is not empty. HTTP/2 clients may send each cookie in a header of its own.
pub(super) fn cookie(headers: &[String], name: &str) -> Option<String> {
    let pairs = headers.iter().flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value.to_owned()).next()
}

/// Escapes that are none stay as they are.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let escaped = match (first, after) {
            (b'%', [high, low, behind @ ..]) => hex(*high).zip(hex(*low)).map(|pair| (pair, behind)),
            _ => None,
        };
        match escaped {
            Some(((high, low), behind)) => {
                bytes.push(high << 4 | low);
                rest = behind;
            }
            None => bytes.push(if *first == b'+' { b' ' } else { *first }),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_and_decoded() {
        for (text, expected) in [
            ("apikey=a", Some("a")),
            ("x=1&apikey=a%20b+c&apikey=2", Some("a b c")),
            ("%61pikey=%E4%B8%AD", Some("中")),
            ("apikey", Some("")),
            ("apikey=", Some("")),
            ("apikey=100%&y=%zz", Some("100%")),
            ("apikey=%e4", Some("\u{fffd}")),
            ("myapikey=a", None),
            ("", None),
        ] {
            assert_eq!(query(text, "apikey").as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn cookies_are_found_in_one_header_and_in_several() {
        for (headers, expected) in [
            (&["a=1; key=v=w; b=2"][..], Some("v=w")),
            (&["a=1", "key=v"], Some("v")),
            (&["key=; key=v"], Some("v")),
            (&["key="], None),
            (&["key"], None),
            (&["mykey=v", ";;="], None),
        ] {
            let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
            assert_eq!(cookie(&headers, "key").as_deref(), expected, "{headers:?}");
        }
    }
}
