//! One route: which requests it takes, and what happens to them.

use super::action::{Action, PathRewrite};
use super::header::HeaderMatch;
use super::path::PathMatch;
use super::query::QueryMatch;
use crate::bootstrap::document::{Message, Node};
use crate::bootstrap::header_changes::HeaderChanges;

/// A route of a virtual host.
#[derive(Clone, Debug)]
pub struct Route {
    /// Its name, property `route_name`; empty when the file gives none.
    pub name: String,
    /// Which requests it takes.
    pub matches: RouteMatch,
    /// What happens to them.
    pub action: Action,
    /// What happens to their headers.
    pub headers: HeaderChanges,
}

/// Which requests a route takes: those that pass every test.
#[derive(Clone, Debug)]
pub struct RouteMatch {
    /// The test on the path.
    pub path: PathMatch,
    /// Case counts in the path.
    pub case_sensitive: bool,
    /// The tests on headers.
    pub headers: Vec<HeaderMatch>,
    /// The tests on the query.
    pub query_parameters: Vec<QueryMatch>,
}

impl Route {
    /// The path, with its query, that the upstream gets.
    pub fn upstream_path(&self, path: &str) -> String {
        match &self.action {
            Action::Route(action) => match &action.path {
                PathRewrite::Prefix(prefix) => self.matches.path.replace(path, prefix),
                PathRewrite::Regex(rewrite) => rewrite.apply(path),
                PathRewrite::Keep => path.to_owned(),
            },
            Action::DirectResponse(_) | Action::Redirect(_) => path.to_owned(),
        }
    }

    /// Where this route redirects a request to; `None` when it does not redirect.
    pub fn location(&self, scheme: &str, authority: &str, path: &str) -> Option<String> {
        match &self.action {
            Action::Redirect(redirect) => Some(redirect.location(&self.matches.path, scheme, authority, path)),
            Action::Route(_) | Action::DirectResponse(_) => None,
        }
    }

    pub(super) fn read(route: &Message<'_>) -> Self {
        route.refuse(&["typed_per_filter_config"], "a plugin takes settings by route from its own `_rules_`");
        route.ignore(&["stat_prefix", "decorator"], "only statistics would show it");
        Self {
            name: route.get("name").map(|it| it.text()).unwrap_or_default(),
            matches: route.need("match").message(RouteMatch::read),
            action: Action::read(route),
            headers: HeaderChanges::read(route),
        }
    }
}

impl RouteMatch {
    /// Whether the route takes a request; see [`Routes::find`](super::Routes::find).
    pub fn matches(&self, path: &str, header: &dyn Fn(&str) -> Option<String>) -> bool {
        self.path.matches(path, self.case_sensitive)
            && self.headers.iter().all(|test| test.matches(header))
            && self.query_parameters.iter().all(|test| test.matches(path))
    }

    fn read(matches: &Message<'_>) -> Self {
        matches.refuse(&["grpc", "tls_context", "dynamic_metadata", "filter_state"], "match by path, headers or query");
        matches.refuse(&["runtime_fraction"], "there is no runtime that could change it");
        let items = |name| matches.get(name).map(|it: Node<'_>| it.items()).unwrap_or_default();
        Self {
            path: PathMatch::read(matches),
            case_sensitive: matches.get("case_sensitive").is_none_or(|it| it.flag()),
            headers: items("headers").iter().map(|it| it.message(HeaderMatch::read)).collect(),
            query_parameters: items("query_parameters").iter().map(|it| it.message(QueryMatch::read)).collect(),
        }
    }
}
