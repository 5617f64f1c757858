//! The conditions of one rule, taken out of its map. All of them must hold.

use std::fmt;

use super::domain::Domain;
use super::facts::Asked;
use super::service::Service;
use crate::config::{Faults, Node, did_you_mean, found, joined, key_step, listed, nearest};

pub(super) const MATCH_KEYS: [&str; 4] = ["_match_route_", "_match_route_prefix_", "_match_domain_", "_match_service_"];

/// An empty list is a condition that was not given.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Conditions {
    routes: Vec<String>,
    route_prefixes: Vec<String>,
    domains: Vec<Domain>,
    services: Vec<Service>,
}

impl Conditions {
    /// Takes the conditions out of a rule's map, so that the settings are left.
    pub(super) fn take(settings: &mut Vec<(String, Node)>, path: &str, faults: &mut Faults) -> Self {
        let faults_before = faults.len();
        let mut conditions = Self::default();
        settings.retain(|(key, node)| {
            let path = joined(&[path, &key_step(key)]);
            match key.as_str() {
                "_match_route_" => read_list(node, &path, faults, &mut |text| {
                    conditions.routes.push(text.to_owned());
                    Ok(())
                }),
                "_match_route_prefix_" => read_list(node, &path, faults, &mut |text| {
                    conditions.route_prefixes.push(text.to_owned());
                    Ok(())
                }),
                "_match_domain_" => read_list(node, &path, faults, &mut |text| {
                    conditions.domains.push(Domain::parse(text)?);
                    Ok(())
                }),
                "_match_service_" => read_list(node, &path, faults, &mut |text| {
                    conditions.services.push(Service::parse(text)?);
                    Ok(())
                }),
                key if key.starts_with("_match") => {
                    let guess = did_you_mean(nearest(key, &MATCH_KEYS));
                    let end = if guess.is_empty() { ";" } else { "" };
                    faults.push(
                        path,
                        joined(&["unknown condition", &guess, end, " known conditions: ", &listed(&MATCH_KEYS)]),
                    );
                }
                _ => return true,
            }
            false
        });
        if conditions == Self::default() && faults.len() == faults_before {
            faults.push(path, joined(&["found no condition, allowed: at least one of ", &listed(&MATCH_KEYS)]));
        }
        conditions
    }

    pub(super) fn hold(&self, asked: &Asked<'_>) -> bool {
        let holds = |absent: bool, fact: &dyn Fn() -> Option<bool>| absent || fact() == Some(true);
        holds(self.routes.is_empty(), &|| {
            let route = asked.route()?;
            Some(self.routes.iter().any(|name| name == route))
        }) && holds(self.route_prefixes.is_empty(), &|| {
            let route = asked.route()?;
            Some(self.route_prefixes.iter().any(|prefix| route.starts_with(prefix.as_str())))
        }) && holds(self.domains.is_empty(), &|| {
            let host = asked.domain()?;
            Some(self.domains.iter().any(|domain| domain.matches(host)))
        }) && holds(self.services.is_empty(), &|| {
            let cluster = asked.cluster()?;
            Some(self.services.iter().any(|service| service.matches(cluster)))
        })
    }
}

type Read<'a> = &'a mut dyn FnMut(&str) -> Result<(), &'static str>;

fn read_list(node: &Node, path: &str, faults: &mut Faults, read: Read<'_>) {
    let items = match node {
        Node::List(items) if !items.is_empty() => items,
        _ => {
            return faults
                .push(path, joined(&["found ", &found(node, false), ", allowed: a list of at least one string"]));
        }
    };
    for (index, item) in items.iter().enumerate() {
        let read = match item {
            Node::String(text) if !text.is_empty() => read(text),
            _ => Err("a string that is not empty"),
        };
        if let Err(allowed) = read {
            let path = joined(&[path, "[", &index.to_string(), "]"]);
            faults.push(path, joined(&["found ", &found(item, false), ", allowed: ", allowed]));
        }
    }
}

impl fmt::Display for Conditions {
    /// The first of each kind is enough to know the rule by.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        let mut show = |kind: &str, value: Option<&dyn fmt::Display>, count: usize| {
            let Some(value) = value else {
                return Ok(());
            };
            let comma = if std::mem::take(&mut first) { "" } else { ", " };
            let more = if count > 1 { ", ..." } else { "" };
            write!(out, "{comma}{kind} {value}{more}")
        };
        show("route", self.routes.first().map(|name| name as _), self.routes.len())?;
        show("route prefix", self.route_prefixes.first().map(|name| name as _), self.route_prefixes.len())?;
        show("domain", self.domains.first().map(|name| name as _), self.domains.len())?;
        show("service", self.services.first().map(|name| name as _), self.services.len())
    }
}
