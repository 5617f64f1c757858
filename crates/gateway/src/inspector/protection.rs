//! What the inspector's answers forbid to browsers.

use crate::admin::Reply;

/// Nothing from elsewhere, nothing inside of the page but its own files, and nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The answer with the headers that keep what it shows from becoming more than text, and from other sites.
pub(super) fn protected(mut reply: Reply) -> Reply {
    reply.headers.extend([
        ("content-security-policy", POLICY),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ]);
    reply
}
