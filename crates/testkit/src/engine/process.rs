//! A gateway process: started from a scenario, asked through its admin port.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use super::admin::Admin;
use super::{Engine, Refusal, bootstrap};
use crate::process::{End, Process};
use crate::scenario::Scenario;
use crate::stats::Stats;
use crate::workspace;

/// How long a gateway may take to serve or to refuse.
const START_LIMIT: Duration = Duration::from_secs(30);

const ADMIN_ADDRESS: &str = "admin-address";
const ACCESS_LOG: &str = "access.log";

/// A gateway that serves. It ends when dropped.
pub(crate) struct RunningEngine {
    engine: Engine,
    address: SocketAddr,
    admin: Admin,
    process: Process,
}

impl Engine {
    /// Starts a gateway and waits until it serves.
    pub(crate) fn start(self, scenario: &Scenario) -> Result<RunningEngine, Refusal> {
        assert!(
            self == Self::Gateway || scenario.manifests.is_empty(),
            "{self} reads no manifests; mark the test with #[testkit::scenario(higress)]"
        );
        let folder = tempfile::Builder::new().prefix("gateway-").tempdir().expect("a temporary folder");
        let configuration = bootstrap::yaml(scenario, &folder.path().join(ACCESS_LOG));
        std::fs::write(folder.path().join("envoy.yaml"), &configuration).expect("a file in a folder just made");

        let levels: Vec<String> = scenario.log_levels.iter().map(|(name, level)| format!("{name}:{level}")).collect();
        let mut command = Command::new(self.program());
        command
            .args(["-c", "envoy.yaml", "--admin-address-path", ADMIN_ADDRESS])
            .args(["--concurrency", &scenario.concurrency.to_string()])
            // A gateway's own start-up lines are noise; its warnings and the plugins' lines are not.
            .args(["--log-level", "warning", "--component-log-level", &levels.join(",")])
            .args(self.arguments())
            .envs(&scenario.environment);
        for manifest in &scenario.manifests {
            let modules = workspace::root().join("dist");
            command.arg("--wasm-plugin").arg(workspace::root().join(manifest)).arg("--modules").arg(modules);
        }
        let process = Process::start(command, End::Kill, folder);
        self.serve_or_refuse(process, configuration)
    }

    fn serve_or_refuse(self, mut process: Process, configuration: String) -> Result<RunningEngine, Refusal> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            if process.exit_status().is_some() {
                return Err(Refusal { engine: self, log: process.log(), configuration });
            }
            if let Some(admin) = Admin::from_file(&process.folder().join(ADMIN_ADDRESS))
                && let Some(address) = admin.gateway_address()
            {
                return Ok(RunningEngine { engine: self, address, admin, process });
            }
            assert!(
                Instant::now() < deadline,
                "{self} neither serves nor refuses after {START_LIMIT:?}:\n{configuration}\n{}",
                process.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl RunningEngine {
    pub(crate) fn engine(&self) -> Engine {
        self.engine
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Where clients connect.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything logged so far.
    pub(crate) fn log(&self) -> String {
        self.process.log()
    }

    /// The lines of the access log so far.
    pub(crate) fn access_log(&self) -> Vec<String> {
        // Made before the gateway serves, so a missing one is an empty one only on a broken disk.
        let text = std::fs::read(self.process.folder().join(ACCESS_LOG)).expect("the access log that a gateway makes");
        String::from_utf8_lossy(&text).lines().map(ToOwned::to_owned).collect()
    }

    /// All that it shows to whoever looks, by the name of the place.
    pub(crate) fn shown(&self) -> Vec<(String, String)> {
        let logs = [("its log".to_owned(), self.log()), ("its access log".to_owned(), self.access_log().join("\n"))];
        logs.into_iter().chain(self.admin.shown(self.engine)).collect()
    }

    /// A snapshot of the metrics.
    pub(crate) fn stats(&self) -> Stats {
        self.admin.stats()
    }

    /// How many samples a plugin's histogram has, and their sum.
    pub(crate) fn samples(&self, name: &str) -> Option<(u64, f64)> {
        self.admin.samples(name)
    }

    /// Changes the log level of a component, such as `wasm`, while it runs.
    pub(crate) fn set_log_level(&self, component: &str, level: &str) {
        self.admin.set_log_level(component, level);
    }
}
