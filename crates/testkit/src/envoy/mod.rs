//! The engine that runs scenarios on a real Envoy process.

mod admin;
mod bootstrap;

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::engine::{Engine, Refusal, RunningEngine};
use crate::process::{End, Process};
use crate::scenario::Scenario;
use crate::stats::Stats;
use crate::workspace;

use admin::Admin;

/// How long Envoy may take to serve or to refuse.
const START_LIMIT: Duration = Duration::from_secs(15);

/// A real Envoy: the program in `ENVOY`, else the one that `make setup` installs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Envoy;

impl Engine for Envoy {
    fn start(&self, scenario: &Scenario) -> Result<Box<dyn RunningEngine>, Refusal> {
        let program = workspace::envoy();
        let folder = tempfile::Builder::new().prefix("envoy-").tempdir().expect("a temporary folder");
        let configuration = bootstrap::yaml(scenario, &folder.path().join(ACCESS_LOG));
        std::fs::write(folder.path().join("envoy.yaml"), &configuration).expect("a file in a folder just made");

        let levels: Vec<String> = scenario.log_levels.iter().map(|(name, level)| format!("{name}:{level}")).collect();
        let mut command = Command::new(program);
        command
            .args(["-c", "envoy.yaml", "--admin-address-path", ADMIN_ADDRESS])
            .args(["--disable-hot-restart", "--use-dynamic-base-id"])
            .args(["--concurrency", &scenario.concurrency.to_string()])
            // Envoy's own start-up lines are noise; its warnings and the plugins' lines are not.
            .args(["--log-level", "warning", "--component-log-level", &levels.join(",")])
            .args(["--file-flush-interval-msec", "5"]);
        let process = Process::start(command, End::Kill, folder);
        serve_or_refuse(process, configuration)
    }
}

const ADMIN_ADDRESS: &str = "admin-address";
const ACCESS_LOG: &str = "access.log";

fn serve_or_refuse(mut process: Process, configuration: String) -> Result<Box<dyn RunningEngine>, Refusal> {
    let deadline = Instant::now() + START_LIMIT;
    loop {
        if process.exit_status().is_some() {
            return Err(Refusal { log: process.log(), configuration });
        }
        if let Some(admin) = Admin::from_file(&process.folder().join(ADMIN_ADDRESS))
            && let Some(address) = admin.gateway_address()
        {
            return Ok(Box::new(RunningEnvoy { address, admin, process }));
        }
        assert!(
            Instant::now() < deadline,
            "Envoy neither serves nor refuses after {START_LIMIT:?}:\n{configuration}\n{}",
            process.log()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

struct RunningEnvoy {
    address: SocketAddr,
    admin: Admin,
    process: Process,
}

impl RunningEngine for RunningEnvoy {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn log(&self) -> String {
        self.process.log()
    }

    fn access_log(&self) -> Vec<String> {
        // Envoy makes the file before it serves, so a missing one is an empty one only on a broken disk.
        let text = std::fs::read(self.process.folder().join(ACCESS_LOG)).expect("the access log that Envoy has made");
        String::from_utf8_lossy(&text).lines().map(ToOwned::to_owned).collect()
    }

    fn stats(&self) -> Stats {
        self.admin.stats()
    }

    fn set_log_level(&self, component: &str, level: &str) {
        self.admin.set_log_level(component, level);
    }
}
