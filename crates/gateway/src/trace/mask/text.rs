//! Finds secrets inside of text: `name=value` in a query, `"name": "value"` in a log line, `Bearer value`, the password
//! of a URL.

use super::is_secret;

/// Words that stand before a credential.
pub(super) const SCHEMES: &[&str] = &["Bearer", "Basic", "Digest", "Negotiate", "ApiKey", "Token", "AWS4-HMAC-SHA256"];

const STARS: &str = "***";

/// The text with stars in the place of secrets. `knows` tells further names of secrets, and is asked after decoding.
pub(crate) fn scrub(text: &str, knows: impl Fn(&str) -> bool) -> String {
    // Whatever gives a secret away holds one of these.
    if !text.contains(['=', ':', ' ']) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|letter| !in_word(letter)).unwrap_or(rest.len()));
        shown.push_str(word);
        rest = after;
        if word.is_empty() {
            let (skipped, after) = one(rest);
            shown.push_str(skipped);
            rest = after;
            if skipped == ":"
                && let Some(after) = rest.strip_prefix("//")
            {
                shown.push_str("//");
                rest = user_of_url(after, &mut shown);
            }
            continue;
        }
        // So that `access%5Ftoken` is found.
        if !rest.starts_with(['=', ':', ' ', '"', '\'', '\\', ']']) {
            continue;
        }
        let in_query = shown.trim_end_matches(word).ends_with(['?', '&']) && rest.starts_with('=');
        let name = form_urlencoded::parse(word.as_bytes()).next().map(|(name, _)| name).unwrap_or_default();
        // The code of OAuth is one only there: elsewhere it may be that of a status.
        if is_secret(&name) || knows(&name) || (in_query && name == "code") {
            rest = value_after(rest, &mut shown);
        } else if is_scheme(word) {
            rest = credential(rest, &mut shown);
        }
    }
    shown
}

fn in_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '%')
}

fn is_scheme(word: &str) -> bool {
    SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(word))
}

/// The first letter and the rest.
fn one(text: &str) -> (&str, &str) {
    text.split_at(text.chars().next().map_or(0, char::len_utf8))
}

/// After a secret's name: what joins it to its value is copied, the value is not.
fn value_after<'a>(text: &'a str, shown: &mut String) -> &'a str {
    let joint = text.trim_start_matches(['"', '\'', '\\', ']']).trim_start();
    let Some(after) = joint.strip_prefix(['=', ':']) else {
        // `Bearer abc`, `token abc` as a scheme.
        return credential_if_scheme(text, shown);
    };
    let value = after.trim_start();
    let value = value.trim_start_matches(['\\', '[']);
    let (quote, value) = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => (Some(quote), value.strip_prefix(quote).unwrap_or(value)),
        _ => (None, value),
    };
    shown.push_str(text.get(..text.len() - value.len()).unwrap_or_default());
    let end = match quote {
        Some(quote) => closing(value, quote),
        // A scheme before the credential belongs to it.
        None => {
            let word = value.find(ends_value).unwrap_or(value.len());
            let first = value.get(..word).unwrap_or_default();
            let space = value.get(word..).is_some_and(|rest| rest.starts_with(' '));
            if is_scheme(first) && space {
                let second = value.get(word + 1..).unwrap_or_default();
                word + 1 + second.find(ends_value).unwrap_or(second.len())
            } else {
                word
            }
        }
    };
    if end > 0 {
        shown.push_str(STARS);
    }
    value.get(end..).unwrap_or_default()
}

/// Where a quoted value ends; behind a backslash a quote does not close it, unless the whole text is escaped once more.
fn closing(value: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in value.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => return at,
            _ => {}
        }
    }
    value.len()
}

fn ends_value(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '&' | ';' | ',' | '"' | '\'' | ')' | '}' | ']' | '#')
}

/// A name such as `token` may itself be the scheme.
fn credential_if_scheme<'a>(text: &'a str, shown: &mut String) -> &'a str {
    let before = shown.rsplit(|letter| !in_word(letter)).next().unwrap_or_default().to_owned();
    if before.eq_ignore_ascii_case("bearer") { credential(text, shown) } else { text }
}

/// After a scheme: the word behind the space, if it may be a credential.
fn credential<'a>(text: &'a str, shown: &mut String) -> &'a str {
    let Some(value) = text.strip_prefix(' ') else { return text };
    let end = value.find(ends_value).unwrap_or(value.len());
    if end == 0 {
        return text;
    }
    shown.push(' ');
    shown.push_str(STARS);
    value.get(end..).unwrap_or_default()
}

/// After `://`: `user:password@` without the password.
fn user_of_url<'a>(text: &'a str, shown: &mut String) -> &'a str {
    let authority = text.get(..text.find(|c: char| c == '/' || c == '?' || c.is_whitespace()).unwrap_or(text.len()));
    let Some(at) = authority.and_then(|authority| authority.rfind('@')) else { return text };
    let user = text.get(..at).unwrap_or_default();
    if let Some((name, _)) = user.split_once(':') {
        shown.push_str(name);
        shown.push(':');
    }
    shown.push_str(STARS);
    text.get(at..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn shows(text: &str, shown: &str) {
        assert_eq!(scrub(text, |_| false), shown);
    }

    #[test]
    fn queries_lose_their_secrets_and_nothing_else() {
        shows("/a?access_token=abc&x=1#top", "/a?access_token=***&x=1#top");
        shows("/a?access%5Ftoken=abc", "/a?access%5Ftoken=***");
        shows("/a?apiKey=a%20b&page=2", "/a?apiKey=***&page=2");
        shows("/a?token=", "/a?token=");
        shows("/a?code=abc&state=1", "/a?code=***&state=1");
        shows("/tokens/list?page=2", "/tokens/list?page=2");
    }

    #[test]
    fn log_lines_lose_their_secrets() {
        shows("fetched token: 12:34 in 3 ms", "fetched token: *** in 3 ms");
        shows(r#"config {"password":"a b\"c","user":"u"}"#, r#"config {"password":"***","user":"u"}"#);
        shows("Authorization: Bearer abc, ok", "Authorization: ***, ok");
        shows("sent bearer abc to it", "sent bearer *** to it");
        shows("sent Basic YTpi", "sent Basic ***");
        shows("redis://u:pw@host:6379/0 and redis://:pw@host", "redis://u:***@host:6379/0 and redis://:***@host");
        shows("https://u@host/", "https://***@host/");
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for text in [
            "",
            "plain",
            "a token was fetched",
            "key=1.2.3.4",
            "code=200",
            "http://host/path?x=1",
            "é 漢字: \u{0}",
            "%",
            "%4",
        ] {
            shows(text, text);
        }
    }

    #[test]
    fn no_text_makes_it_fail_or_shows_the_value() {
        let pieces = ["token", "=", ":", "\"", "'", " ", "%", "Bearer", "\\", "漢", "://", "@", "&", "S3CR3T"];
        // All texts of four pieces: none may panic, and a value right behind its name is never shown.
        for a in pieces {
            for b in pieces {
                for c in pieces {
                    for d in pieces {
                        let text = format!("{a}{b}{c}{d}");
                        let shown = scrub(&text, |_| false);
                        if text.contains("token=S3CR3T") || text.contains("token:S3CR3T") {
                            assert!(!shown.contains("=S3CR3T") && !shown.contains(":S3CR3T"), "{text} -> {shown}");
                        }
                    }
                }
            }
        }
    }
}
