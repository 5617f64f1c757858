//! Finds the first rule that holds without trying all of them: exact names are looked up, only patterns are walked.

use std::collections::BinaryHeap;

use super::conditions::Conditions;
use super::domain::Domain;
use super::facts::Asked;

#[derive(Debug)]
pub(super) struct Index {
    rules: Vec<Conditions>,
    by_route: Names,
    by_domain: Names,
    /// Rules that no exact name leads to.
    others: Vec<usize>,
}

/// Names with the positions of their rules, in order.
#[derive(Debug)]
struct Names(Vec<(String, usize)>);

impl Index {
    pub(super) fn new(rules: Vec<Conditions>) -> Self {
        let mut by_route = BinaryHeap::new();
        let mut by_domain = BinaryHeap::new();
        let mut others = Vec::new();
        for (position, rule) in rules.iter().enumerate() {
            if !rule.routes.is_empty() {
                by_route.extend(rule.routes.iter().map(|route| (route.clone(), position)));
                continue;
            }
            let mut patterns = rule.domains.is_empty();
            for domain in &rule.domains {
                match domain {
                    Domain::Exact(name) => by_domain.push((name.clone(), position)),
                    _ => patterns = true,
                }
            }
            if patterns {
                others.push(position);
            }
        }
        Self {
            rules,
            by_route: Names(by_route.into_sorted_vec()),
            by_domain: Names(by_domain.into_sorted_vec()),
            others,
        }
    }

    /// The position of the first rule whose conditions all hold.
    pub(super) fn find(&self, asked: &Asked<'_>) -> Option<usize> {
        let mut routes = self.by_route.find(&|| asked.route());
        let mut domains = self.by_domain.find(&|| asked.domain());
        let mut others = self.others.as_slice();
        loop {
            // Each of the three is in order, so the least of their heads is the next in the list of rules.
            let heads = [routes.first().map(|(_, head)| head), domains.first().map(|(_, head)| head), others.first()];
            let position = *heads.into_iter().flatten().min()?;
            if self.rules.get(position).is_some_and(|rule| rule.hold(asked)) {
                return Some(position);
            }
            routes = after(routes, |(_, head)| *head == position);
            domains = after(domains, |(_, head)| *head == position);
            others = after(others, |head| *head == position);
        }
    }

    pub(super) fn conditions(&self, position: usize) -> Option<&Conditions> {
        self.rules.get(position)
    }

    /// The position of the rule with exactly these conditions.
    pub(super) fn position(&self, conditions: &Conditions) -> Option<usize> {
        self.rules.iter().position(|rule| rule == conditions)
    }
}

impl Names {
    /// All entries of the name. It is not asked for if there is nothing to compare it with.
    fn find<'a>(&self, name: &dyn Fn() -> Option<&'a str>) -> &[(String, usize)] {
        if self.0.is_empty() {
            return &[];
        }
        let Some(name) = name() else {
            return &[];
        };
        let start = self.0.partition_point(|(entry, _)| entry.as_str() < name);
        let rest = self.0.get(start..).unwrap_or_default();
        let length = rest.iter().take_while(|(entry, _)| entry == name).count();
        rest.get(..length).unwrap_or_default()
    }
}

/// The list without its head, if the head was tried.
fn after<E>(list: &[E], tried: impl Fn(&E) -> bool) -> &[E] {
    match list.split_first() {
        Some((head, rest)) if tried(head) => rest,
        _ => list,
    }
}
