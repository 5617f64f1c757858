//! Which requests go where: virtual hosts by domain, and in each the first route that matches.

mod action;
mod domain;
mod header;
mod path;
mod query;
mod redirect;
mod rewrite;
mod route;
mod string;

pub use action::{Action, DirectResponse, HostRewrite, PathRewrite, RouteAction};
pub use header::HeaderMatch;
pub use path::PathMatch;
pub use query::QueryMatch;
pub use redirect::{PathRedirect, Redirect};
pub use rewrite::RegexRewrite;
pub use route::{Route, RouteMatch};
pub use string::StringMatch;

use super::document::{Message, Node};
use super::header_changes::HeaderChanges;
use domain::Domains;

/// A route configuration.
#[derive(Clone, Debug)]
pub struct Routes {
    /// Its name.
    pub name: String,
    /// The virtual hosts as the file has them.
    pub virtual_hosts: Vec<VirtualHost>,
    /// What happens to the headers of every request.
    pub headers: HeaderChanges,
    /// The port in a request's host does not count.
    pub ignore_port_in_host_matching: bool,
    domains: Domains,
}

/// Routes for some domains.
#[derive(Clone, Debug)]
pub struct VirtualHost {
    /// Its name.
    pub name: String,
    /// Exact domains, `*.suffix`, `prefix.*` or `*`.
    pub domains: Vec<String>,
    /// The routes; the first that matches wins.
    pub routes: Vec<Route>,
    /// What happens to the headers of its requests.
    pub headers: HeaderChanges,
}

/// Where a request goes.
#[derive(Clone, Copy, Debug)]
pub struct Found<'r> {
    /// The virtual host.
    pub virtual_host: &'r VirtualHost,
    /// The route in it.
    pub route: &'r Route,
}

// === impl Routes ===

impl Routes {
    /// The virtual host and route of a request; `None` stands for Envoy's answer 404.
    ///
    /// `domain` is the request's host, with its port if it has one, and `path` comes with its query. `header` gives the
    /// value of a header by its name in lower case, several values joined by commas, pseudo-headers other than
    /// `:method`, `:path` and `:authority` included.
    pub fn find(
        &self,
        domain: &str,
        path: &str,
        method: &str,
        header: &dyn Fn(&str) -> Option<String>,
    ) -> Option<Found<'_>> {
        let host = if self.ignore_port_in_host_matching { domain::without_port(domain) } else { domain };
        let virtual_host = self.virtual_hosts.get(self.domains.find(host)?)?;
        let header = |name: &str| match name {
            ":method" => Some(method.to_owned()),
            ":path" => Some(path.to_owned()),
            ":authority" | "host" => Some(domain.to_owned()),
            name => header(name),
        };
        let route = virtual_host.routes.iter().find(|route| route.matches.matches(path, &header))?;
        Some(Found { virtual_host, route })
    }

    pub(super) fn read(node: &Node<'_>) -> Self {
        node.message(|config| {
            config.refuse(&["vhds"], "virtual hosts stand in `virtual_hosts`");
            let items = config.get("virtual_hosts").map(|it| it.items()).unwrap_or_default();
            let mut domains = Domains::default();
            let hosts = items.iter().enumerate();
            let virtual_hosts =
                hosts.map(|(index, host)| host.message(|it| VirtualHost::read(it, index, &mut domains))).collect();
            // Clusters are always checked, which is what `true` asks for.
            if let Some(validate) = config.get("validate_clusters").filter(|it| !it.flag()) {
                validate.unsupported("true");
            }
            Self {
                name: config.get("name").map(|it| it.text()).unwrap_or_default(),
                virtual_hosts,
                headers: HeaderChanges::read(config),
                ignore_port_in_host_matching: config.get("ignore_port_in_host_matching").is_some_and(|it| it.flag()),
                domains,
            }
        })
    }
}

impl VirtualHost {
    fn read(host: &Message<'_>, index: usize, all: &mut Domains) -> Self {
        host.refuse(&["cors", "rate_limits", "retry_policy", "typed_per_filter_config"], "plugins do such work here");
        host.refuse(&["require_tls"], "clients speak clear text");
        let name = host.need("name").name();
        let listed = host.need("domains");
        let entries = listed.items();
        if entries.is_empty() {
            listed.fault("at least one domain is needed; `*` stands for all");
        }
        for entry in &entries {
            if let Err(fault) = all.insert(&entry.name(), index) {
                entry.fault(fault);
            }
        }
        let routes = host.get("routes").map(|it| it.items()).unwrap_or_default();
        Self {
            name,
            domains: entries.iter().map(Node::text).collect(),
            routes: routes.iter().map(|it| it.message(Route::read)).collect(),
            headers: HeaderChanges::read(host),
        }
    }
}
