//! One Envoy process: started on its own core, waited for, measured, ended.

use crate::bootstrap;
use crate::cores::Cores;
use crate::counter::Counter;
use crate::load::Load;
use crate::usage;
use crate::variant::Variant;
use anyhow::{Context as _, Result, bail, ensure};
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Under valgrind everything takes fifty times as long.
const LONGEST_START: Duration = Duration::from_secs(30);
const LONGEST_COUNTED_START: Duration = Duration::from_secs(600);
/// Short against the differences that the start-up column shows.
const READY_POLL: Duration = Duration::from_micros(500);

/// Where Envoy is, and what all its processes share.
pub(crate) struct Binary<'a> {
    path: PathBuf,
    cores: &'a Cores,
    upstream_port: u16,
    scratch: PathBuf,
}

impl<'a> Binary<'a> {
    /// The environment variable `ENVOY`, else the Envoy that the workspace installs for its tests.
    pub(crate) fn find(cores: &'a Cores, upstream_port: u16) -> Result<Self> {
        let path = std::env::var_os("ENVOY").map_or_else(|| workspace().join("target/python/bin/envoy"), PathBuf::from);
        ensure!(path.is_file(), "no Envoy at {}: run `cargo xtask setup`, or set ENVOY to a binary", path.display());
        let scratch = std::env::temp_dir().join(format!("plugin-bench-{}", std::process::id()));
        fs::create_dir_all(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;
        Ok(Self { path, cores, upstream_port, scratch })
    }

    /// Starts an Envoy with a listener for each variant, and returns once each answers as its variant must.
    pub(crate) fn start(&self, variants: &[&Variant], workers: usize) -> Result<Envoy> {
        self.start_with(Command::new(&self.path), variants, workers, LONGEST_START)
    }

    /// As [`start`](Self::start), in the hands of an instruction counter and with one worker.
    pub(crate) fn start_counted(&self, variants: &[&Variant]) -> Result<(Envoy, Counter)> {
        let counter = Counter::new(&self.scratch)?;
        let envoy = self.start_with(counter.command(&self.path), variants, 1, LONGEST_COUNTED_START)?;
        Ok((envoy, counter))
    }

    fn start_with(
        &self,
        mut command: Command,
        variants: &[&Variant],
        workers: usize,
        patience: Duration,
    ) -> Result<Envoy> {
        let ports = free_ports(variants.len())?;
        let listeners: Vec<(&Variant, u16)> = variants.iter().copied().zip(ports).collect();
        let config = self.scratch.join("envoy.json");
        let log = self.scratch.join("envoy.log");
        let bootstrap = bootstrap::of(listeners.iter().copied(), self.upstream_port);
        fs::write(&config, bootstrap.to_string()).with_context(|| format!("cannot write {}", config.display()))?;
        command
            .args(["--disable-hot-restart", "--log-level", "warning", "--concurrency"])
            .arg(workers.to_string())
            .arg("--config-path")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).with_context(|| format!("cannot write {}", log.display()))?);

        let started = Instant::now();
        let child = self
            .cores
            .on_envoy_core(|| command.spawn())?
            .with_context(|| format!("cannot start {}", self.path.display()))?;
        let mut envoy = Envoy {
            child,
            ports: listeners.iter().map(|(_, port)| *port).collect(),
            start_up: Duration::ZERO,
            patience,
        };
        for (index, (variant, port)) in listeners.iter().enumerate() {
            // It listens before its workers have their VMs: only an answer proves that it is ready.
            envoy
                .wait_for_listener(*port, &log, patience)
                .and_then(|()| envoy.load(index, variant, 1)?.send(1))
                .with_context(|| format!("variant {:?}", variant.name))?;
        }
        envoy.start_up = started.elapsed();
        Ok(envoy)
    }
}

/// The bootstraps and logs are of no use after a run that went well or said what was wrong.
impl Drop for Binary<'_> {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.scratch) {
            eprintln!("cannot remove {}: {error}", self.scratch.display());
        }
    }
}

/// A running Envoy, ended when dropped.
pub(crate) struct Envoy {
    child: Child,
    ports: Vec<u16>,
    start_up: Duration,
    patience: Duration,
}

impl Envoy {
    /// Time from starting the process until all its listeners have answered.
    pub(crate) fn start_up(&self) -> Duration {
        self.start_up
    }

    /// CPU time so far, of all threads.
    pub(crate) fn cpu_time(&self) -> Result<Duration> {
        usage::cpu_time(self.child.id())
    }

    /// Anonymous resident memory, in KiB.
    pub(crate) fn anonymous_kib(&self) -> Result<u64> {
        usage::anonymous_kib(self.child.id())
    }

    /// Opens connections to the listener of the variant that stands at `index`.
    pub(crate) fn load(&self, index: usize, variant: &Variant, connections: usize) -> Result<Load> {
        let port = self.ports.get(index).context("this Envoy has no such listener")?;
        Load::connect(*port, connections, variant.expected_body, self.patience)
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    fn wait_for_listener(&mut self, port: u16, log: &Path, patience: Duration) -> Result<()> {
        let deadline = Instant::now() + patience;
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("Envoy ended at its start ({status}), its log says:\n{}", fs::read_to_string(log)?);
            }
            ensure!(
                Instant::now() < deadline,
                "Envoy did not listen within {patience:?}, its log says:\n{}",
                fs::read_to_string(log)?
            );
            sleep(READY_POLL);
        }
        Ok(())
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        // It can only fail for a process that is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The workspace this program was built in.
pub(crate) fn workspace() -> &'static Path {
    let runner = Path::new(env!("CARGO_MANIFEST_DIR"));
    runner.ancestors().nth(2).unwrap_or(runner)
}

/// Ports nobody listens on; each is held until the next is found, so that they differ.
fn free_ports(count: usize) -> Result<Vec<u16>> {
    let held: Vec<TcpListener> =
        (0..count).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>().context("no free port")?;
    held.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}
