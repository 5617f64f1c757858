//! A plugin's configuration in force: configured once, asked at the start of every request which rule applies.

use crate::config::{self, Faults, Node};
use crate::host::{Buffer, Host, Map, host};
use crate::property;
use crate::rules::{MatchFacts, RuleSet};
use crate::runtime::{self, PluginRef};
use crate::task::Background;
use crate::time::Timers;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

/// Makes a plugin of its configuration.
pub(crate) type Parse = fn(&Node) -> Result<PluginRef, Faults>;

/// One plugin configuration of this VM (a root context of the host).
pub(crate) struct Root {
    pub(crate) id: u32,
    pub(crate) name: &'static str,
    parse: Parse,
    rules: RefCell<Option<Rc<RuleSet<PluginRef>>>>,
    pub(crate) timers: Timers,
    /// A body has come while its headers were held; see `held_body`. The gateway's switch for it is one a filter.
    pub(crate) delivers_held_bodies: Cell<bool>,
}

/// The plugin for one request, and the rule that chose it.
pub(crate) struct Chosen {
    pub(crate) root: Rc<Root>,
    pub(crate) plugin: PluginRef,
    pub(crate) rule: Option<Rule>,
}

/// A rule by its place; its text is made only when a log line wants it.
pub(crate) struct Rule {
    rules: Rc<RuleSet<PluginRef>>,
    position: usize,
}

impl Rule {
    pub(crate) fn conditions(&self) -> Option<String> {
        self.rules.label(self.position).map(|label| label.conditions())
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rules.label(self.position).map_or(Ok(()), |label| label.fmt(f))
    }
}

impl Root {
    pub(crate) fn new(id: u32, name: &'static str, parse: Parse) -> Self {
        Self {
            id,
            name,
            parse,
            rules: RefCell::new(None),
            timers: Timers::new(id),
            delivers_held_bodies: Cell::new(false),
        }
    }

    /// Logs `facts` unless another VM of this gateway process has done so.
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn announce(&self, facts: &str) {
        if !log::log_enabled!(log::Level::Info) {
            return;
        }
        let key = format!("plugin-core.build.{}", self.name);
        let mut told = host().shared_data(&key).ok().flatten();
        if told.is_none() {
            // Hosts compare only with what is there, and VMs of several workers start at the same moment.
            let _ = host().set_shared_data(&key, b"", 0);
            told = host().shared_data(&key).ok().flatten();
        }
        let is_first = told.is_none_or(|(told, cas)| {
            told != facts.as_bytes() && host().set_shared_data(&key, facts.as_bytes(), cas).is_ok()
        });
        if is_first {
            log::info!("{facts}");
        }
    }

    /// Reads the configuration; false refuses it, and then the last good one stays in force.
    pub(crate) fn configure(self: &Rc<Self>) -> bool {
        runtime::within(self, || self.try_configure().map_err(|faults| self.report(&faults)).is_ok())
    }

    fn try_configure(self: &Rc<Self>) -> Result<(), Faults> {
        let bytes = host().buffer(Buffer::PluginConfiguration, 0, i32::MAX as usize).unwrap_or_default();
        let node = config::parse(&bytes)?;
        let previous = self.rules.borrow().clone();
        let (rules, warnings) = RuleSet::compile(node, &self.parse, previous.as_deref())?;
        for warning in warnings {
            log::warn!("configuration: {warning}");
        }
        let rules = Rc::new(rules);
        *self.rules.borrow_mut() = Some(rules.clone());
        rules.values().for_each(|plugin| plugin.clone().configured(Background::new(self)));
        Ok(())
    }

    fn report(&self, faults: &Faults) {
        log::error!(
            "configuration refused, {} to mend:",
            match faults.len() {
                1 => "1 fault".to_owned(),
                more => format!("{more} faults"),
            }
        );
        for fault in faults.iter() {
            log::error!("configuration: {fault}");
        }
    }

    /// The plugin that applies to the current request; `None` when no rule matches and there is no global one.
    pub(crate) fn find(self: &Rc<Self>) -> Option<Chosen> {
        let rules = self.rules.borrow().clone()?;
        let found = rules.find(&RequestFacts)?;
        let (plugin, position) = (found.value.clone(), found.position);
        let rule = position.map(|position| Rule { rules, position });
        Some(Chosen { root: self.clone(), plugin, rule })
    }
}

/// What rules may ask of the current request; each is a host call, made only when some rule needs it.
struct RequestFacts;

impl MatchFacts for RequestFacts {
    fn domain(&self) -> Option<String> {
        let bytes = host().header(Map::RequestHeaders, ":authority").ok().flatten()?;
        let host = String::from_utf8(bytes);
        Some(host.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    fn route(&self) -> Option<String> {
        property::route_name()
    }

    fn cluster(&self) -> Option<String> {
        property::cluster_name()
    }
}
