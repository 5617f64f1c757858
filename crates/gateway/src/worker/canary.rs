//! A trial of a configuration in a machine of its own, thrown away afterwards, so that a refused one disturbs nothing.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::Filter;
use crate::grpc::GrpcCall;
use crate::process::Process;
use crate::vm::{StartError, Vm};
use crate::world::{HttpCall, LogLine, RedisSettings, Refused, World};

/// Lines from this level on tell why a configuration was refused.
const WARN: u32 = 3;
const INFO: u32 = 2;

/// Tries configurations before they take effect. What the plugin does there reaches nobody: its data, queues and metrics
/// are its own, calls that it starts are never answered.
#[derive(Clone, Debug)]
pub struct Canary {
    log_level: u32,
    clusters: Option<BTreeSet<String>>,
}

impl Default for Canary {
    /// Takes lines from info on, and knows every cluster.
    fn default() -> Self {
        Self { log_level: INFO, clusters: None }
    }
}

impl Canary {
    /// The level from which lines are wanted: 0 trace to 5 critical, 6 off.
    #[must_use]
    pub fn log_level(self, log_level: u32) -> Self {
        Self { log_level, ..self }
    }

    /// The clusters that there are: calls to others are refused, as they will be later.
    #[must_use]
    pub fn clusters(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { clusters: Some(names.into_iter().map(Into::into).collect()), ..self }
    }

    /// Starts the filter's machine and plugin, and throws them away. Gives what the plugin logged.
    ///
    /// # Errors
    /// When the plugin refuses its configuration or crashes.
    pub fn accepts(&self, filter: &Filter) -> Result<Vec<Line>, Rejected> {
        let world = Rc::new(Apart { canary: self.clone(), began: Instant::now(), lines: RefCell::default() });
        let outcome = Vm::in_process(&filter.module, world.clone(), Arc::new(Process::default()), filter.vm.clone())
            .and_then(|mut machine| machine.start_plugin(filter.plugin.clone()));
        let log = world.lines.take();
        match outcome {
            Ok(_) => Ok(log),
            Err(reason) => Err(Rejected { name: filter.plugin.name.clone(), reason, log }),
        }
    }
}

/// A line that a plugin logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// 0 trace, 1 debug, 2 info, 3 warn, 4 error, 5 critical.
    pub level: u32,
    /// The text.
    pub text: String,
}

/// A configuration that its plugin does not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The plugin's name.
    pub name: String,
    /// What happened.
    pub reason: StartError,
    /// What the plugin logged meanwhile.
    pub log: Vec<Line>,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "plugin {:?}: {}", self.name, self.reason)?;
        // A crash has its line in the log too, and that is told already.
        let mut told = self.log.iter().filter(|line| line.level >= WARN && line.text != self.reason.to_string());
        told.try_for_each(|line| write!(f, "\n  {}", line.text))
    }
}

impl Error for Rejected {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.reason)
    }
}

/// The world of a machine that is on trial.
struct Apart {
    canary: Canary,
    began: Instant,
    lines: RefCell<Vec<Line>>,
}

impl Apart {
    fn knows(&self, cluster: &str) -> Result<(), Refused> {
        match &self.canary.clusters {
            Some(clusters) if !clusters.contains(cluster) => Err(Refused::UnknownCluster),
            _ => Ok(()),
        }
    }
}

impl World for Apart {
    fn http_call(&self, _: u32, call: HttpCall) -> Result<(), Refused> {
        self.knows(&call.cluster)
    }

    fn redis_init(&self, settings: RedisSettings) -> Result<(), Refused> {
        self.knows(&settings.cluster)
    }

    fn redis_call(&self, _: u32, cluster: &str, _: Vec<u8>) -> Result<(), Refused> {
        self.knows(cluster)
    }

    fn grpc_open(&self, _: u32, call: GrpcCall) -> Result<(), Refused> {
        self.knows(&call.cluster)
    }

    fn grpc_send(&self, _: u32, _: Option<Vec<u8>>, _: bool) -> Result<(), Refused> {
        Ok(())
    }

    fn grpc_cancel(&self, _: u32) {}

    fn set_tick(&self, _: u32, _: Option<Duration>) {}

    fn queue_filled(&self, _: u32) {}

    fn log(&self, line: LogLine<'_>) {
        if line.level >= self.canary.log_level {
            self.lines.borrow_mut().push(Line { level: line.level, text: line.text.to_owned() });
        }
    }

    fn log_level(&self) -> u32 {
        self.canary.log_level
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn monotonic(&self) -> Duration {
        self.began.elapsed()
    }

    fn random(&self, bytes: &mut [u8]) {
        for piece in bytes.chunks_mut(8) {
            let random = RandomState::new().build_hasher().finish().to_le_bytes();
            piece.iter_mut().zip(random).for_each(|(byte, random)| *byte = random);
        }
    }
}
