//! What a rule may ask about a request.

use std::cell::OnceCell;

/// What a rule may ask about a request. Each answer costs a host call.
pub trait MatchFacts {
    /// The `:authority` of the request, with its port if it has one.
    fn domain(&self) -> Option<String>;
    /// The name of the route that the host chose.
    fn route(&self) -> Option<String>;
    /// The name of the cluster that the host chose, such as `outbound|80||shop.default.svc.cluster.local`.
    fn cluster(&self) -> Option<String>;
}

/// Remembers answers, so that each question is asked at most once.
pub(super) struct Asked<'a> {
    facts: &'a dyn MatchFacts,
    domain: OnceCell<Option<String>>,
    route: OnceCell<Option<String>>,
    cluster: OnceCell<Option<String>>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(facts: &'a dyn MatchFacts) -> Self {
        Self { facts, domain: OnceCell::new(), route: OnceCell::new(), cluster: OnceCell::new() }
    }

    /// The host in lower case and without port.
    pub(super) fn domain(&self) -> Option<&str> {
        let ask = || {
            let mut domain = self.facts.domain()?;
            domain.truncate(super::domain::without_port(&domain).len());
            domain.make_ascii_lowercase();
            Some(domain)
        };
        self.domain.get_or_init(ask).as_deref()
    }

    pub(super) fn route(&self) -> Option<&str> {
        self.route.get_or_init(|| self.facts.route()).as_deref()
    }

    pub(super) fn cluster(&self) -> Option<&str> {
        self.cluster.get_or_init(|| self.facts.cluster()).as_deref()
    }
}
