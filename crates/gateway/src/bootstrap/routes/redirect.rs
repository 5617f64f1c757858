//! Answers that send the client elsewhere.

use super::path::{PathMatch, query, without_query};
use super::rewrite::RegexRewrite;
use crate::bootstrap::document::Message;

/// A redirect: the parts of the new URL that differ from the old one.
#[derive(Clone, Debug)]
pub struct Redirect {
    /// The status of the answer.
    pub status: u16,
    /// The new scheme.
    pub scheme: Option<String>,
    /// The new host.
    pub host: Option<String>,
    /// The new port.
    pub port: Option<u16>,
    /// The new path.
    pub path: PathRedirect,
    /// The old query is dropped.
    pub strip_query: bool,
}

/// How a redirect changes the path.
#[derive(Clone, Debug)]
pub enum PathRedirect {
    /// Not at all.
    Keep,
    /// It becomes this; a query in it replaces the old one.
    Whole(String),
    /// The part that the route matched becomes this.
    Prefix(String),
    /// Matches of an expression are replaced.
    Regex(RegexRewrite),
}

impl Redirect {
    /// The value of `location` for a request.
    pub(super) fn location(&self, matched: &PathMatch, scheme: &str, authority: &str, path: &str) -> String {
        let new_scheme = self.scheme.as_deref().unwrap_or(scheme);
        let (old_host, old_port) = split_authority(authority);
        let host = self.host.as_deref().unwrap_or(old_host);
        let default = if scheme == "https" { "443" } else { "80" };
        let port = match (self.port, old_port) {
            (Some(port), _) => Some(port.to_string()),
            (None, _) if self.host.is_some() => None,
            // The old scheme's own port would be wrong for another scheme.
            (None, Some(port)) if port == default && new_scheme != scheme => None,
            (None, port) => port.map(ToOwned::to_owned),
        };
        let port = port.map(|it| format!(":{it}")).unwrap_or_default();
        format!("{new_scheme}://{host}{port}{}", self.new_path(matched, path))
    }

    fn new_path(&self, matched: &PathMatch, path: &str) -> String {
        let kept = match &self.path {
            PathRedirect::Whole(whole) if self.strip_query || whole.contains('?') => return whole.clone(),
            PathRedirect::Whole(whole) => format!("{whole}{}", query(path)),
            PathRedirect::Keep => path.to_owned(),
            PathRedirect::Prefix(prefix) => matched.replace(path, prefix),
            PathRedirect::Regex(rewrite) => rewrite.apply(path),
        };
        if self.strip_query { without_query(&kept).to_owned() } else { kept }
    }

    pub(super) fn read(redirect: &Message<'_>) -> Self {
        const STATUS: [(&str, u16); 5] = [
            ("MOVED_PERMANENTLY", 301),
            ("FOUND", 302),
            ("SEE_OTHER", 303),
            ("TEMPORARY_REDIRECT", 307),
            ("PERMANENT_REDIRECT", 308),
        ];
        let scheme = match redirect.any_of(&["https_redirect", "scheme_redirect"]) {
            Some(("https_redirect", node)) => node.flag().then(|| "https".to_owned()),
            Some((_, node)) => Some(node.name()),
            None => None,
        };
        let path = match redirect.any_of(&["path_redirect", "prefix_rewrite", "regex_rewrite"]) {
            Some(("path_redirect", node)) => PathRedirect::Whole(node.name()),
            Some(("prefix_rewrite", node)) => PathRedirect::Prefix(node.text()),
            Some((_, node)) => PathRedirect::Regex(RegexRewrite::read(&node)),
            None => PathRedirect::Keep,
        };
        Self {
            status: redirect.get("response_code").map_or(301, |it| it.one_of(&STATUS)),
            scheme,
            host: redirect.get("host_redirect").map(|it| it.name()),
            port: redirect.get("port_redirect").and_then(|it| it.whole(1, 65535).try_into().ok()),
            path,
            strip_query: redirect.get("strip_query").is_some_and(|it| it.flag()),
        }
    }
}

fn split_authority(authority: &str) -> (&str, Option<&str>) {
    let host = crate::bootstrap::routes::domain::without_port(authority);
    (host, authority.get(host.len() + 1..))
}
