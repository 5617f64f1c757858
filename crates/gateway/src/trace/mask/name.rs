//! Whether a name says that its value is a secret.

/// Words that make a value a secret.
const SECRET: &[&str] =
    &["assertion", "auth", "authorization", "bearer", "otp", "pwd", "session", "sessionid", "sid", "sig", "signature"];
/// Words that do so at the end of a longer one too: `csrftoken`.
const ENDS: &[&str] = &[
    "accesskey",
    "apikey",
    "cookie",
    "cookies",
    "credential",
    "credentials",
    "jwt",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "secret",
    "secretkey",
    "secrets",
    "token",
    "tokens",
];

/// What makes `key` a secret when it stands before it. Other keys are those of caches, rows, indexes.
const BEFORE_KEY: &[&str] =
    &["access", "account", "api", "app", "client", "consumer", "encryption", "master", "private", "shared", "signing"];

/// One of these is in every name of a secret: a quick look before names are taken apart.
const HINTS: &[&str] = &[
    "assert", "auth", "bearer", "cookie", "cred", "jwt", "key", "otp", "pass", "pwd", "secret", "session", "sid",
    "sig", "token",
];

/// Whether a value of this name is to be hidden: `X-Api-Key`, `accessToken`, `redis_password`.
pub(crate) fn is_secret(name: &str) -> bool {
    let small = name.to_ascii_lowercase();
    if !HINTS.iter().any(|hint| small.contains(hint)) {
        return false;
    }
    let parts = parts(name);
    parts.iter().any(|part| SECRET.contains(&part.as_str()) || ENDS.iter().any(|end| part.ends_with(end)))
        || parts.windows(2).any(|pair| {
            matches!(pair, [before, key] if matches!(key.as_str(), "key" | "keys") && BEFORE_KEY.contains(&before.as_str()))
        })
}

/// The words of a name in lower case, however it joins them.
pub(super) fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut after_small = false;
    for letter in name.chars() {
        let begins = !letter.is_ascii_alphanumeric() || (letter.is_ascii_uppercase() && after_small);
        if begins && parts.last().is_some_and(|part| !part.is_empty()) {
            parts.push(String::new());
        }
        if letter.is_ascii_alphanumeric()
            && let Some(part) = parts.last_mut()
        {
            part.push(letter.to_ascii_lowercase());
        }
        after_small = letter.is_ascii_lowercase() || letter.is_ascii_digit();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_in_every_spelling() {
        for name in [
            "Authorization",
            "proxy-authorization",
            "Cookie",
            "Set-Cookie",
            "X-Api-Key",
            "apikey",
            "apiKey",
            "API_KEY",
            "access_token",
            "accessToken",
            "clientSecret",
            "redis_password",
            "x-amz-security-token",
            "X-Auth-Token",
            "private.key",
            "csrftoken",
        ] {
            assert!(is_secret(name), "{name}");
        }
    }

    #[test]
    fn no_name_of_a_secret_is_missed_by_the_quick_look() {
        for name in SECRET.iter().chain(ENDS) {
            assert!(is_secret(name), "{name}");
        }
        for before in BEFORE_KEY {
            assert!(is_secret(&format!("{before}-key")), "{before}");
        }
    }

    #[test]
    fn other_names_are_shown() {
        for name in [
            "",
            ":path",
            ":authority",
            "x-request-id",
            "sec-websocket-key",
            "cache-key",
            "idempotency-key",
            "author",
            "tokenizer",
            "content-type",
            "keys",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
