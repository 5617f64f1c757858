//! While the local gateway runs: a changed configuration is brought to it, and a changed plugin is built again. The
//! gateway notices both by itself.

use super::{Plan, Stack};
use crate::build;
use crate::terminal::{DIM, RED};
use anyhow::Result;
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::SystemTime;

/// What was last seen.
pub(super) struct Watch {
    config: PathBuf,
    redis: Option<u16>,
    source: Option<SystemTime>,
    plugins: Vec<String>,
    /// The reason for which a plugin was last built, and when: not again for the same state of its sources.
    built: HashMap<String, SystemTime>,
}

impl Watch {
    pub(super) fn new(plan: &Plan<'_>, stack: &Stack) -> Self {
        Self {
            config: stack.config.clone(),
            redis: stack.bootstrap.redis(),
            source: modified(&plan.source),
            plugins: stack.bootstrap.plugins().map(ToOwned::to_owned).collect(),
            built: HashMap::new(),
        }
    }

    /// Acts on what changed since the last look. A fault is told, and what runs goes on.
    pub(super) fn look(&mut self, plan: &Plan<'_>) {
        let source = modified(&plan.source);
        if source != self.source {
            self.source = source;
            tell(self.configure(plan));
        }
        for name in self.plugins.clone() {
            tell(self.build(plan, &name));
        }
    }

    fn configure(&mut self, plan: &Plan<'_>) -> Result<()> {
        let bootstrap = plan.prepare(self.redis)?;
        self.plugins = bootstrap.plugins().map(ToOwned::to_owned).collect();
        bootstrap.write(&self.config)
    }

    fn build(&mut self, plan: &Plan<'_>, name: &str) -> Result<()> {
        let package = plan.workspace.plugin(name)?;
        let Some(newest) = build::newest_source(plan.workspace, package)? else { return Ok(()) };
        if self.built.insert(name.to_owned(), newest) == Some(newest) {
            return Ok(());
        }
        if let Some(reason) = build::stale(plan.workspace, package)? {
            anstream::eprintln!("{DIM}{reason}: building{DIM:#}");
            build::build_packages(plan.workspace, &[package])?;
        }
        Ok(())
    }
}

fn tell(outcome: Result<()>) {
    if let Err(error) = outcome {
        anstream::eprintln!("{RED}error{RED:#}: {error:#}; what ran before goes on");
    }
}

fn modified(path: &std::path::Path) -> Option<SystemTime> {
    path.metadata().and_then(|facts| facts.modified()).ok()
}
