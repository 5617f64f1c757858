//! What happens to a request that a route matched.

use std::time::Duration;

use super::redirect::Redirect;
use super::rewrite::RegexRewrite;
use crate::bootstrap::document::Message;
use crate::bootstrap::source::DataSource;

/// What happens to a request.
#[derive(Clone, Debug)]
pub enum Action {
    /// It goes to a cluster.
    Route(RouteAction),
    /// It is answered at once.
    DirectResponse(DirectResponse),
    /// The client is sent elsewhere.
    Redirect(Redirect),
}

/// A request goes to a cluster.
#[derive(Clone, Debug)]
pub struct RouteAction {
    /// The cluster's name.
    pub cluster: String,
    /// How long the whole response may take; `None` for ever. Later it is answered with 504.
    pub timeout: Option<Duration>,
    /// How long nothing may move in an exchange of this route, where that is not the listener's business; zero for ever.
    pub idle_timeout: Option<Duration>,
    /// What becomes of the path.
    pub path: PathRewrite,
    /// What becomes of the host.
    pub host: HostRewrite,
}

/// What becomes of the path.
#[derive(Clone, Debug)]
pub enum PathRewrite {
    /// It stays.
    Keep,
    /// The part that the route matched becomes this.
    Prefix(String),
    /// Matches of an expression are replaced.
    Regex(RegexRewrite),
}

/// What becomes of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostRewrite {
    /// It stays.
    Keep,
    /// It becomes this.
    Literal(String),
    /// It becomes the hostname of the endpoint, where the cluster resolves names.
    Endpoint,
}

/// An answer that no upstream gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectResponse {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Option<DataSource>,
}

impl Action {
    pub(super) fn read(route: &Message<'_>) -> Self {
        route.refuse(&["filter_action", "non_forwarding_action"], "use `route`, `direct_response` or `redirect`");
        match route.one_of(&["route", "direct_response", "redirect"]) {
            ("direct_response", node) => Self::DirectResponse(node.message(|response| DirectResponse {
                status: response.need("status").whole(200, 599).try_into().unwrap_or_default(),
                body: response.get("body").map(|it| DataSource::read(&it)),
            })),
            ("redirect", node) => Self::Redirect(node.message(Redirect::read)),
            (_, node) => Self::Route(node.message(RouteAction::read)),
        }
    }
}

impl RouteAction {
    /// Envoy's timeout where a route gives none.
    const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);

    fn read(action: &Message<'_>) -> Self {
        action.refuse(&["cluster_header", "weighted_clusters", "cluster_specifier_plugin"], "name one `cluster`");
        action.refuse(&["retry_policy", "hedge_policy"], "requests are sent once");
        action.refuse(&["cors", "rate_limits", "request_mirror_policies"], "plugins do such work here");
        action.refuse(&["host_rewrite_header", "host_rewrite_path_regex"], "use `host_rewrite_literal`");
        let cluster = action.need("cluster");
        cluster.refer_to_cluster();
        let timeout = action.get("timeout").map_or(Self::DEFAULT_TIMEOUT, |it| it.duration());
        let path = match action.any_of(&["prefix_rewrite", "regex_rewrite"]) {
            Some(("prefix_rewrite", node)) => PathRewrite::Prefix(node.text()),
            Some((_, node)) => PathRewrite::Regex(RegexRewrite::read(&node)),
            None => PathRewrite::Keep,
        };
        let host = match action.any_of(&["host_rewrite_literal", "auto_host_rewrite"]) {
            Some(("host_rewrite_literal", node)) => HostRewrite::Literal(node.name()),
            Some((_, node)) if node.flag() => HostRewrite::Endpoint,
            _ => HostRewrite::Keep,
        };
        let idle_timeout = action.get("idle_timeout").map(|it| it.duration());
        Self { cluster: cluster.name(), timeout: (!timeout.is_zero()).then_some(timeout), idle_timeout, path, host }
    }
}
