//! Domain patterns: `name`, `*suffix`, `prefix*` and `*`, compared without port and case.

use std::fmt;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Domain {
    Any,
    Exact(String),
    Suffix(String),
    Prefix(String),
}

impl Domain {
    /// Reads a pattern. The error says what is allowed instead.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.to_ascii_lowercase();
        if without_port(&text).len() < text.len() {
            return Err("a domain without port (ports never take part in the match)");
        }
        let (pattern, kind): (&str, fn(String) -> Domain) = match (text.strip_prefix('*'), text.strip_suffix('*')) {
            (Some(""), _) => return Ok(Domain::Any),
            (Some(suffix), _) => (suffix, Domain::Suffix),
            (None, Some(prefix)) => (prefix, Domain::Prefix),
            (None, None) => (&text, Domain::Exact),
        };
        if pattern.as_bytes().contains(&b'*') {
            return Err("a domain with one `*` at most, first or last");
        }
        Ok(kind(pattern.to_owned()))
    }

    /// `host` is in lower case and without port.
    pub(super) fn matches(&self, host: &str) -> bool {
        match self {
            Domain::Any => true,
            Domain::Exact(name) => host == name,
            Domain::Suffix(suffix) => host.ends_with(suffix.as_str()),
            Domain::Prefix(prefix) => host.starts_with(prefix.as_str()),
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Domain::Any => out.write_str("*"),
            Domain::Exact(name) => out.write_str(name),
            Domain::Suffix(suffix) => write!(out, "*{suffix}"),
            Domain::Prefix(prefix) => write!(out, "{prefix}*"),
        }
    }
}

/// The host of an authority. An IPv6 address stands in brackets, whose colons belong to it.
pub(super) fn without_port(authority: &str) -> &str {
    match at_last_colon(authority) {
        Some((host, port)) if !port.as_bytes().contains(&b']') => host,
        _ => authority,
    }
}

/// What is before and behind the last colon. Std's `rsplit_once` does the same with a KB of code.
pub(super) fn at_last_colon(text: &str) -> Option<(&str, &str)> {
    let at = text.bytes().rposition(|byte| byte == b':')?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_go_and_ipv6_stays() {
        for (authority, host) in [
            ("example.com", "example.com"),
            ("example.com:8080", "example.com"),
            ("[::1]", "[::1]"),
            ("[::1]:80", "[::1]"),
            ("10.0.0.1:80", "10.0.0.1"),
            (":80", ""),
            ("", ""),
        ] {
            assert_eq!(without_port(authority), host, "{authority}");
        }
    }

    #[test]
    fn patterns_match_as_in_higress() {
        for (pattern, host, expected) in [
            ("*", "anything", true),
            ("Example.COM", "example.com", true),
            ("example.com", "www.example.com", false),
            ("*.example.com", "www.example.com", true),
            ("*.example.com", "example.com", false),
            ("*example.com", "badexample.com", true),
            ("api.*", "api.example.com", true),
            ("api.*", "www.api.example.com", false),
            ("[::1]", "[::1]", true),
        ] {
            assert_eq!(Domain::parse(pattern).unwrap().matches(host), expected, "{pattern} {host}");
        }
    }

    #[test]
    fn patterns_that_never_match_are_refused() {
        for pattern in ["example.com:80", "a.*.com", "*.a.*", "**", "::1"] {
            assert!(Domain::parse(pattern).is_err(), "{pattern}");
        }
    }
}
