//! Which callbacks a plugin needs, told by the marker functions that the linker left in.

use super::Cleanup;
use anyhow::{Result, bail};
use std::collections::BTreeSet;
use walrus::Module;

/// The module of core that holds one function per feature, called from the code that needs it.
const MARKERS: &str = "plugin_core::uses::";

/// Callbacks that every plugin has. The tick is among them because core puts off to it what may not be done inside the
/// callback of another stream; it costs nothing while it is not armed.
pub(super) const ALWAYS: [&str; 5] =
    ["proxy_on_vm_start", "proxy_on_configure", "proxy_on_context_create", "proxy_on_request_headers", "proxy_on_tick"];

/// The callback that plugins have unless their declaration says [`Cleanup::Lazy`].
const CLEANUP: &str = "proxy_on_delete";

/// A feature of core that needs more of the gateway than every plugin does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// The request's body or trailers are awaited.
    RequestBody,
    /// The response is awaited.
    ResponseHeaders,
    /// The response's body or trailers are awaited.
    ResponseBody,
    /// Something happens at the end of the stream.
    Log,
    /// Time is awaited, a call has a deadline, something is counted, or background work exists.
    Timer,
    /// An HTTP call is made.
    HttpCall,
    /// A Redis command is sent.
    RedisCall,
    /// A body is awaited while its headers are held. Needs no callback, but ABI 0.2.100.
    BodyBeforeHeaders,
}

impl Feature {
    const ALL: [Self; 8] = [
        Self::RequestBody,
        Self::ResponseHeaders,
        Self::ResponseBody,
        Self::Log,
        Self::Timer,
        Self::HttpCall,
        Self::RedisCall,
        Self::BodyBeforeHeaders,
    ];

    /// The name of the marker function.
    fn marker(self) -> &'static str {
        match self {
            Self::RequestBody => "request_body",
            Self::ResponseHeaders => "response_headers",
            Self::ResponseBody => "response_body",
            Self::Log => "log",
            Self::Timer => "timer",
            Self::HttpCall => "http_call",
            Self::RedisCall => "redis_call",
            Self::BodyBeforeHeaders => "body_before_headers",
        }
    }

    fn callbacks(self) -> &'static [&'static str] {
        match self {
            // The upstream may answer before the body is complete, and only then does the wait for it end.
            Self::RequestBody => &["proxy_on_request_body", "proxy_on_request_trailers", "proxy_on_response_headers"],
            Self::ResponseHeaders => &["proxy_on_response_headers"],
            Self::ResponseBody => {
                &["proxy_on_response_headers", "proxy_on_response_body", "proxy_on_response_trailers"]
            }
            Self::Log => &["proxy_on_log"],
            Self::Timer => &[],
            Self::HttpCall => &["proxy_on_http_call_response"],
            Self::RedisCall => &["proxy_on_redis_call_response"],
            Self::BodyBeforeHeaders => &[],
        }
    }
}

/// The callbacks of a plugin that uses `features`, each once.
pub(super) fn callbacks(features: &BTreeSet<Feature>, cleanup: Cleanup) -> Vec<&'static str> {
    let mut all = ALWAYS.to_vec();
    all.extend((cleanup == Cleanup::Prompt).then_some(CLEANUP));
    for callback in features.iter().flat_map(|feature| feature.callbacks()) {
        if !all.contains(callback) {
            all.push(callback);
        }
    }
    all
}

/// The features whose marker is among the functions of `module`.
pub(super) fn marked(module: &Module) -> Result<BTreeSet<Feature>> {
    let names = module.funcs.iter().filter_map(|function| function.name.as_deref());
    names.filter_map(marker_in).map(feature_of).collect()
}

/// The marker in a function name, without what may follow it.
fn marker_in(name: &str) -> Option<&str> {
    let (_, marker) = name.split_once(MARKERS)?;
    marker.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

fn feature_of(marker: &str) -> Result<Feature> {
    let Some(feature) = Feature::ALL.into_iter().find(|feature| feature.marker() == marker) else {
        bail!("core has the marker `{MARKERS}{marker}`, which the build does not know; add it to finish/phases.rs");
    };
    Ok(feature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_markers() {
        assert_eq!(marker_in("plugin_core::uses::log"), Some("log"));
        assert_eq!(marker_in("plugin_core::uses::timer::{closure#0}"), Some("timer"));
        assert_eq!(marker_in("plugin_core::exchange::poll"), None);
    }

    #[test]
    fn refuses_a_marker_that_it_does_not_know() {
        let error = feature_of("websocket").unwrap_err().to_string();
        assert!(error.contains("plugin_core::uses::websocket"), "{error}");
    }

    #[test]
    fn names_a_shared_callback_once() {
        let both = BTreeSet::from([Feature::ResponseHeaders, Feature::ResponseBody]);
        let headers = callbacks(&both, Cleanup::Lazy).into_iter().filter(|name| *name == "proxy_on_response_headers");
        assert_eq!(headers.count(), 1);
    }
}
