//! The job of token-fetcher: its rows, and the filter of Envoy that does the same.

use crate::bootstrap::TYPES;
use crate::catalogue::{Entry, OURS, PLAIN, Recipe, entry};
use crate::upstream::TOKEN_PATH;
use crate::variant::{Filter, Job};
use serde_json::{Value, json};

/// Name of the cluster that gives tokens.
pub(crate) const SERVICE: &str = "auth";
/// Name of the variant of Envoy's own filter.
pub(crate) const EXT_AUTHZ: &str = "ext_authz";
/// Name of our plugin with a token at hand.
pub(crate) const OURS_CACHED: &str = "ours, warm cache";

const LUA: &str = r#"function envoy_on_request(handle)
  local call = {[":method"] = "GET", [":path"] = "/token", [":authority"] = "auth"}
  local answer = handle:httpCall("auth", call, "", 10000)
  handle:headers():replace("hello", answer["hello"])
end"#;
const BY_HAND: &str = r#"{"cluster":"auth","requestPath":"/token","tokenHeader":"hello"}"#;
const EACH: &str = r#"{"cluster":"auth","requestPath":"/token","tokenHeader":"hello","timeoutMs":10000}"#;
const CACHED: &str = r#"{"cluster":"auth","requestPath":"/token","tokenHeader":"hello","timeoutMs":10000,"cache":{}}"#;

/// All but the last ask the service for each request, with time enough for an Envoy under callgrind.
pub(crate) const CATALOGUE: [Entry; 6] = [
    entry(Job::Fetch, "no filter", Recipe::Baseline(|| Filter::None)),
    entry(Job::Fetch, EXT_AUTHZ, Recipe::Native(|| Filter::ExtAuthz)),
    entry(Job::Fetch, "Lua", Recipe::Native(|| Filter::Lua(LUA))),
    entry(Job::Fetch, PLAIN, Recipe::Plain("plain-fetch", BY_HAND)),
    entry(Job::Fetch, OURS, Recipe::Ours("token-fetcher", EACH)),
    entry(Job::Fetch, OURS_CACHED, Recipe::Ours("token-fetcher", CACHED)),
];

/// Envoy's filter that asks a service about each request, and takes a header of its answer.
pub(crate) fn ext_authz() -> Value {
    json!({
        "name": "envoy.filters.http.ext_authz",
        "typed_config": {
            "@type": format!("{TYPES}.http.ext_authz.v3.ExtAuthz"),
            "http_service": {
                "server_uri": { "uri": "http://auth", "cluster": SERVICE, "timeout": "10s" },
                "path_prefix": TOKEN_PATH,
                "authorization_response": { "allowed_upstream_headers": { "patterns": [{ "exact": "hello" }] } },
            },
        },
    })
}
