//! Which virtual host serves a domain: exact before `*.suffix` before `prefix.*` before `*`, longest first.

use std::collections::HashMap;

/// The domains of all virtual hosts, each with its host's index. Case does not count.
#[derive(Clone, Debug, Default)]
pub(super) struct Domains {
    exact: HashMap<String, usize>,
    /// What follows the `*`, longest first.
    suffixes: Vec<(String, usize)>,
    /// What stands before the `*`, longest first.
    prefixes: Vec<(String, usize)>,
    any: Option<usize>,
}

impl Domains {
    pub(super) fn insert(&mut self, domain: &str, host: usize) -> Result<(), String> {
        let domain = domain.to_ascii_lowercase();
        let taken = || format!("found {domain:?}, which a virtual host claims already; keep one");
        let (list, rest) = match (domain.strip_prefix('*'), domain.strip_suffix('*')) {
            (Some(""), _) => return self.any.replace(host).map_or(Ok(()), |_| Err(taken())),
            (Some(suffix), _) => (&mut self.suffixes, suffix),
            (None, Some(prefix)) => (&mut self.prefixes, prefix),
            (None, None) => {
                if domain.contains('*') {
                    return Err(misplaced(&domain));
                }
                return self.exact.insert(domain.clone(), host).map_or(Ok(()), |_| Err(taken()));
            }
        };
        if rest.contains('*') {
            return Err(misplaced(&domain));
        }
        if list.iter().any(|(it, _)| it == rest) {
            return Err(taken());
        }
        let place = list.partition_point(|(it, _)| it.len() >= rest.len());
        list.insert(place, (rest.to_owned(), host));
        Ok(())
    }

    /// The index of the virtual host that serves `domain`.
    pub(super) fn find(&self, domain: &str) -> Option<usize> {
        let domain = domain.to_ascii_lowercase();
        if let Some(host) = self.exact.get(&domain) {
            return Some(*host);
        }
        // A wildcard stands for at least one character.
        let suffix = self.suffixes.iter().find(|(it, _)| domain.len() > it.len() && domain.ends_with(it.as_str()));
        let prefix = || self.prefixes.iter().find(|(it, _)| domain.len() > it.len() && domain.starts_with(it.as_str()));
        suffix.or_else(prefix).map(|(_, host)| *host).or(self.any)
    }
}

fn misplaced(domain: &str) -> String {
    format!("found {domain:?}, supported: an exact domain, `*.suffix`, `prefix.*` or `*`")
}

/// `domain` without its port; an IPv6 address keeps its brackets.
pub(super) fn without_port(domain: &str) -> &str {
    match domain.rsplit_once(':') {
        Some((host, port))
            if port.bytes().all(|it| it.is_ascii_digit()) && (!host.contains(':') || host.ends_with(']')) =>
        {
            host
        }
        _ => domain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: [&str; 9] = [
        "*",
        "a.example",
        "*.example",
        "*.a.example",
        "a.*",
        "a.b.*",
        "*-x.example",
        "Upper.Example",
        "a.example:8080",
    ];

    #[test]
    fn the_most_specific_domain_wins() {
        let mut domains = Domains::default();
        for (index, domain) in LISTED.iter().enumerate() {
            domains.insert(domain, index).unwrap();
        }
        for (domain, expected) in [
            ("a.example", "a.example"),
            ("A.EXAMPLE", "a.example"),
            ("upper.example", "Upper.Example"),
            ("b.example", "*.example"),
            ("b.a.example", "*.a.example"),
            // A suffix is tried before any prefix, however long that one is.
            ("a.b.example", "*.example"),
            ("a.org", "a.*"),
            ("a.b.org", "a.b.*"),
            ("b-x.example", "*-x.example"),
            // Nothing is left for the wildcard.
            ("-x.example", "*.example"),
            (".example", "*"),
            ("a.", "*"),
            ("example", "*"),
            ("", "*"),
            ("a.example:8080", "a.example:8080"),
            // A port counts as part of the domain.
            ("b.example:8080", "*"),
            ("a.org:8080", "a.*"),
        ] {
            assert_eq!(domains.find(domain).map(|index| LISTED[index]), Some(expected), "{domain}");
        }
    }

    #[test]
    fn without_a_domain_for_all_some_are_not_served() {
        let mut domains = Domains::default();
        domains.insert("a.example", 0).unwrap();
        assert_eq!(domains.find("b.example"), None);
    }

    #[test]
    fn refuses_twins_and_misplaced_wildcards() {
        let mut domains = Domains::default();
        for domain in ["*", "A.example", "*.example", "a.*"] {
            domains.insert(domain, 0).unwrap();
            assert!(domains.insert(&domain.to_lowercase(), 1).unwrap_err().contains("already"), "{domain}");
        }
        for domain in ["a.*.example", "**", "*.a.*"] {
            assert!(domains.insert(domain, 0).unwrap_err().contains("supported"), "{domain}");
        }
    }

    #[test]
    fn strips_ports() {
        for (domain, expected) in [
            ("a.example:80", "a.example"),
            ("a.example", "a.example"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("::1", "::1"),
            ("a.example:http", "a.example:http"),
        ] {
            assert_eq!(without_port(domain), expected);
        }
    }
}
