//! The options: Envoy's where Envoy has them.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::bootstrap::Resolve;
use crate::log::Level;
use crate::server::{Settings, Sources};

/// What `--help` shows below the options.
const EXAMPLES: &str = "\
Examples:
  Serve what a bootstrap file of Envoy says, and show what plugins log:
      gateway -c envoy.yaml --component-log-level wasm:debug

  Check files, and every plugin's configuration, without serving:
      gateway check envoy.yaml deploy/

  The file names a service of a cluster; here it runs on this machine:
      gateway -c envoy.yaml --resolve httpbin:80=127.0.0.1:8080

  Put the plugins of Higress's manifests in front of every route:
      gateway -c envoy.yaml --wasm-plugin limiter.yaml --wasm-plugin auth.yaml

The files and modules are watched: what changes takes effect at once, and what is faulty is refused with the reason
while the last good configuration goes on. Images are not pulled: a manifest with `url: oci://host/path/NAME:tag` runs
NAME.wasm of the folder dist, or of the one that --modules names. /inspector on the admin port shows the last exchanges.";

/// A local gateway for plugins: reads Envoy's bootstrap file, runs proxy-wasm modules as Envoy and Higress do.
#[derive(Debug, Parser)]
#[command(name = "gateway", version, after_help = EXAMPLES, max_term_width = 120)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Options {
    #[command(subcommand)]
    pub(super) task: Option<Task>,

    #[command(flatten)]
    pub(super) serving: Serving,

    #[command(flatten)]
    pub(super) logging: Logging,
}

/// What can be done besides serving.
#[derive(Debug, Subcommand)]
pub(super) enum Task {
    /// Check bootstrap files, WasmPlugin manifests and plugin configurations, and tell every fault.
    Check {
        /// Bootstrap files and manifests, or folders with them; with --module, configurations of that plugin. In a
        /// folder, files of other kinds are named and passed over.
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,

        /// The module whose configurations the files are.
        #[arg(long, value_name = "FILE")]
        module: Option<PathBuf>,

        #[command(flatten)]
        images: Images,
    },
    /// Look for what keeps a configuration from working on this machine, and tell the command that mends it.
    Doctor {
        /// The bootstrap file.
        #[arg(value_name = "FILE")]
        file: PathBuf,

        /// As for serving.
        #[arg(long, value_name = "NAME:PORT=ADDRESS:PORT")]
        resolve: Vec<Resolve>,
    },
    /// Serve httpbin's paths, as an upstream to try things with.
    Httpbin {
        /// The address to listen at.
        #[arg(long, default_value = "127.0.0.1")]
        address: IpAddr,

        /// The port; 0 lets the system choose one.
        #[arg(long, default_value_t = 8080)]
        port: u16,
    },
}

/// What stands for the images that manifests name.
#[derive(Debug, clap::Args)]
pub(super) struct Images {
    /// The folder with the modules of images: NAME.wasm there stands for the image `oci://host/path/NAME:tag`.
    #[arg(long, value_name = "FOLDER", default_value = "dist")]
    pub(super) modules: PathBuf,
}

/// How to serve.
#[derive(Debug, clap::Args)]
pub(super) struct Serving {
    /// The bootstrap file, as Envoy has it; YAML or JSON.
    #[arg(short, long, value_name = "FILE", required = true)]
    config_path: Option<PathBuf>,

    /// A file of WasmPlugin manifests; their plugins run in every listener, in Higress's order, before the router.
    /// Can be given several times.
    #[arg(long, value_name = "FILE")]
    wasm_plugin: Vec<PathBuf>,

    #[command(flatten)]
    images: Images,

    /// Points the endpoints `name:port` of a cluster elsewhere. Can be given several times.
    #[arg(long, value_name = "NAME:PORT=ADDRESS:PORT")]
    resolve: Vec<Resolve>,

    /// How many worker threads serve requests; each runs plugins of its own. Default: one for each processor.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    concurrency: Option<u16>,

    /// Serve, or only check the configuration.
    #[arg(long, value_enum, default_value = "serve")]
    pub(super) mode: Mode,

    /// How many of the last exchanges the inspector on the admin port keeps; with 0 nothing is recorded.
    #[arg(long, value_name = "N", default_value_t = 100)]
    exchanges: usize,

    /// A file to write the admin port's address to, for those who let the system choose the port.
    #[arg(long, value_name = "FILE")]
    admin_address_path: Option<PathBuf>,

    /// Envoy's, without effect here: there is no hot restart.
    #[arg(long, hide = true)]
    disable_hot_restart: bool,

    /// Envoy's, without effect here: there is no hot restart.
    #[arg(long, hide = true)]
    use_dynamic_base_id: bool,

    /// Envoy's, without effect here: there is no hot restart.
    #[arg(long, hide = true)]
    base_id: Option<u32>,

    /// Envoy's, without effect here: access logs are written at once.
    #[arg(long, hide = true)]
    file_flush_interval_msec: Option<u64>,
}

/// What is logged, and how.
#[derive(Debug, clap::Args)]
pub(super) struct Logging {
    /// The level from which lines are logged: trace, debug, info, warning, error, critical or off.
    #[arg(short, long, value_name = "LEVEL", default_value = "info")]
    pub(super) log_level: Level,

    /// Levels of single components, such as wasm:debug,upstream:trace.
    #[arg(long, value_name = "COMPONENT:LEVEL,..", value_delimiter = ',')]
    pub(super) component_log_level: Vec<String>,

    /// How lines look, as in Envoy: [%Y-%m-%d %T.%e][%t][%l][%n] %v
    #[arg(long, value_name = "FORMAT")]
    pub(super) log_format: Option<String>,
}

/// What to do with the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    /// Serve it.
    Serve,
    /// Only check it.
    Validate,
}

impl Serving {
    pub(super) fn settings(&self) -> Settings {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Settings {
            sources: Sources {
                // The command line is refused without it.
                bootstrap: self.config_path.clone().unwrap_or_default(),
                manifests: self.wasm_plugin.clone(),
                modules: self.images.modules.clone(),
                resolve: self.resolve.clone(),
            },
            concurrency: self.concurrency.map_or(processors, usize::from),
            exchanges: self.exchanges,
            admin_address_path: self.admin_address_path.clone(),
        }
    }
}
