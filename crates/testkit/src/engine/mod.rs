//! The gateways that run scenarios. Both take Envoy's configuration, command line and admin pages.

mod admin;
mod bootstrap;
mod current;
mod process;

use std::fmt;
use std::path::PathBuf;

use crate::plugin::Plugin;
use crate::workspace;
pub use current::{Shared, run_scenario};
pub(crate) use process::RunningEngine;

/// A program that can run scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A real Envoy: the program in `ENVOY`, else the one that `make setup` installs.
    Envoy,
    /// Our own gateway: the program in `GATEWAY`, else the one that cargo has built beside the test.
    Gateway,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Envoy, Self::Gateway];

    /// The engine that runs the scenario of this thread; Envoy outside scenarios. For the few lines of a test that hold
    /// on one engine alone.
    pub fn current() -> Self {
        current::get()
    }

    fn program(self) -> PathBuf {
        match self {
            Self::Envoy => workspace::envoy(),
            Self::Gateway => workspace::gateway(),
        }
    }

    /// What only this program knows.
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Envoy => &["--disable-hot-restart", "--use-dynamic-base-id", "--file-flush-interval-msec", "5"],
            Self::Gateway => &[],
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Envoy => "Envoy",
            Self::Gateway => "our gateway",
        })
    }
}

/// A gateway that ended instead of serving.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Which one.
    pub engine: Engine,
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
        let Self { engine, log, configuration } = self;
        write!(f, "{engine} refused this configuration:\n{configuration}\nIts log:\n{log}")
    }
}

/// Proves that Envoy does not load a plugin because it lacks the host function `import`: why the plugin's scenarios are
/// `#[testkit::scenario(higress)]`.
///
/// # Panics
/// When Envoy loads it, or refuses it for another reason.
pub fn refused_by_envoy(plugin: Plugin, import: &str) {
    let started = crate::Gateway::new().with(plugin).try_start_on(Engine::Envoy);
    let refusal = started.expect_err("Envoy loads the plugin, so its scenarios can run there: drop `(higress)`");
    let line = refusal.log.lines().find(|line| line.contains("missing import"));
    assert!(line.is_some_and(|line| line.contains(import)), "{refusal}");
}
