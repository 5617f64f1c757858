//! Keeps Envoy and the load on different cores, so that neither is charged for the other.

use anyhow::{Context as _, Result, bail};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The core Envoy runs on and the core of the load generator and the upstream.
pub(crate) struct Cores {
    envoy: CpuSet,
    load: CpuSet,
}

impl Cores {
    /// Takes two of the cores this process may use and moves the calling thread to the load's core.
    ///
    /// Threads started later inherit it. On a single core the figures would be those of two programs
    /// evicting each other's caches, so that is an error.
    pub(crate) fn split() -> Result<Self> {
        let allowed = sched_getaffinity(None).context("cannot read the allowed cores")?;
        let mut usable = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let (Some(load), Some(envoy)) = (usable.next(), usable.next()) else {
            bail!("the benchmark needs two cores, one for Envoy and one for the load; this process may use one");
        };
        let cores = Self { envoy: only(envoy), load: only(load) };
        cores.pin_to(&cores.load)?;
        Ok(cores)
    }

    /// Runs `spawn` on Envoy's core; a process started there stays there.
    pub(crate) fn on_envoy_core<T>(&self, spawn: impl FnOnce() -> T) -> Result<T> {
        self.pin_to(&self.envoy)?;
        let spawned = spawn();
        self.pin_to(&self.load)?;
        Ok(spawned)
    }

    fn pin_to(&self, core: &CpuSet) -> Result<()> {
        sched_setaffinity(None, core).context("cannot pin to one core")
    }
}

fn only(core: usize) -> CpuSet {
    let mut set = CpuSet::new();
    set.set(core);
    set
}
