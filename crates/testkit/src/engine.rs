//! The seam between a scenario and the gateway that runs it.

use std::fmt;
use std::net::SocketAddr;

use crate::scenario::Scenario;
use crate::stats::Stats;

/// A kind of gateway that can run scenarios.
pub trait Engine {
    /// Starts a gateway and waits until it serves.
    ///
    /// # Errors
    /// When the gateway refuses the scenario.
    ///
    /// # Panics
    /// When it neither serves nor refuses within its time.
    fn start(&self, scenario: &Scenario) -> Result<Box<dyn RunningEngine>, Refusal>;
}

/// A gateway that serves. It ends when dropped.
pub trait RunningEngine: Send + Sync {
    /// Where clients connect.
    fn address(&self) -> SocketAddr;

    /// Everything logged so far.
    fn log(&self) -> String;

    /// The lines of the access log so far.
    fn access_log(&self) -> Vec<String>;

    /// A snapshot of the metrics.
    fn stats(&self) -> Stats;

    /// Changes the log level of a component, such as `wasm`, while it runs.
    fn set_log_level(&self, component: &str, level: &str);
}

/// A gateway that ended instead of serving.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Everything it logged.
    pub log: String,
    /// The configuration it was given.
    pub configuration: String,
}

impl Refusal {
    /// Whether a line of the log contains `text`.
    pub fn contains(&self, text: &str) -> bool {
        self.log.contains(text)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the gateway refused this configuration:\n{}\nIts log:\n{}", self.configuration, self.log)
    }
}
