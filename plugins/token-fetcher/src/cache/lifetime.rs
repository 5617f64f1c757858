//! How long a token holds: as its answer says, as the token itself says, or as the operator says.

use super::CacheSettings;
use crate::base64;
use crate::token::{Pointer, whole};
use plugin_core::config::Node;
use plugin_core::prelude::*;
use plugin_core::time::now;
use std::time::SystemTime;

/// Who is asked how long a token holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Source {
    /// Seconds in the answer's body (RFC 6749, section 5.1).
    ExpiresIn,
    /// The claim `exp` of a JSON Web Token (RFC 7519, section 4.1.4).
    Jwt,
    /// `max-age` of the answer's `cache-control` (RFC 9111, section 5.2.2), and its `no-store`.
    CacheControl,
}

impl CacheSettings {
    /// How long a token of this answer holds; zero if it must not be kept.
    pub(crate) fn lifetime(&self, answer: &Answer, token: &[u8]) -> Duration {
        let asked = self.lifetime_from().iter().find_map(|source| match source {
            Source::ExpiresIn => expires_in(answer, self.expires_in()),
            Source::Jwt => until_exp(token, now()),
            Source::CacheControl => max_age(answer.header("cache-control")?.as_bytes()),
        });
        asked.unwrap_or(self.default_lifetime()).min(self.max_lifetime())
    }
}

fn expires_in(answer: &Answer, pointer: &Pointer) -> Option<Duration> {
    let body = answer.tree().ok()?;
    match pointer.find(&body)? {
        Node::Number(seconds) => whole(*seconds).map(Duration::from_secs),
        // Not what the RFC says, and what some servers send.
        Node::String(seconds) => seconds.parse().ok().map(Duration::from_secs),
        _ => None,
    }
}

pub(super) fn until_exp(token: &[u8], now: SystemTime) -> Option<Duration> {
    let claims = token.split(|byte| *byte == b'.').nth(1)?;
    let claims: Node = plugin_core::config::parse(&base64::decode_url(claims)?).ok()?;
    let Node::Number(exp) = claims.get("exp")? else { return None };
    let exp = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(whole(*exp)?))?;
    Some(exp.duration_since(now).unwrap_or_default())
}

pub(super) fn max_age(header: &[u8]) -> Option<Duration> {
    let text = std::str::from_utf8(header).ok()?.to_ascii_lowercase();
    let mut directives = text.split(',').map(str::trim);
    if directives.clone().any(|directive| matches!(directive, "no-store" | "no-cache")) {
        return Some(Duration::ZERO);
    }
    let seconds = directives.find_map(|directive| directive.strip_prefix("max-age="))?;
    seconds.trim_matches('"').parse().ok().map(Duration::from_secs)
}
