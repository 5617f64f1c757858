//! The command line: `cargo xtask`.

use anstyle::AnsiColor;
use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;
use xtask::build::Selection;
use xtask::run::Kind;
use xtask::{Workspace, build, image, manifests, python, release, run, scaffold, size, spec, trace};

/// Builds, measures and runs the plugins of this workspace.
///
/// The Makefile calls these programs; `make` alone lists the usual ways in.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    program: Program,
}

#[derive(Subcommand)]
enum Program {
    /// Build plugins into dist/, and say what each weighs, hears and asks of its gateway
    ///
    /// Compiles for wasm32-wasip1 (installing that target when it is missing), drops the callbacks that a plugin does
    /// not use, writes the ABI marker and strips the names. Fails when a plugin imports a function that is not in
    /// crates/xtask/dist.allow-list, or is over its line in crates/xtask/size-budget.
    Build {
        #[command(flatten)]
        selection: Selection,
        /// Build nothing; fail when a file in dist/ is missing or older than its sources
        #[arg(long)]
        check: bool,
    },
    /// Show what the bytes of a plugin are: its largest modules and functions
    Size {
        /// The plugin, by folder name
        plugin: String,
        /// Rows to show
        #[arg(long, default_value_t = 20)]
        top: usize,
    },
    /// Write a module that logs which functions requests run, to dist/trace/: for the order of functions in modules
    Trace {
        /// The plugin, by folder name
        plugin: String,
    },
    /// Begin a plugin: plugins/NAME with configuration, tests, documents in both languages and an example
    New {
        /// Its name: lower-case words joined by `-`
        name: String,
    },
    /// Write what is made from the types of the plugins' configurations: spec.yaml, schema.json, tables in READMEs
    ///
    /// Texts in English are the doc comments of the fields, those in Chinese stand in each plugin's console.yaml. A test
    /// of each plugin fails when these files are stale.
    Spec,
    /// Make OCI images of the plugins in dist/, in dist/oci/, without Docker
    ///
    /// Each plugin has two, and Higress and Istio load both: VERSION is one layer with plugin.wasm, VERSION-market has
    /// spec.yaml and the READMEs too, as Higress's plugin market wants them. The same files make the same digests.
    Images {
        /// Then copy them to this registry with skopeo, for example registry.example.com/plugins; VERSION as latest too
        #[arg(long, value_name = "REGISTRY")]
        push: Option<String>,
        /// The registry speaks plain HTTP: one on this machine
        #[arg(long, requires = "push")]
        plain_http: bool,
    },
    /// Copy the manifests of deploy/ to dist/deploy, with your registry and the digests of your images in them
    ///
    /// The images must be in dist/oci/ (`cargo xtask images`); whether they are in the registry too is not asked.
    Manifests {
        /// The registry, as for `images --push`, for example registry.example.com/plugins
        registry: String,
    },
    /// Write what a release consists of to dist/release/: modules, bills of materials, images, checksums, notes
    Release {
        /// The tag of the release, v and the version of Cargo.toml [default: none, a rehearsal with the next notes]
        #[arg(long)]
        tag: Option<String>,
    },
    /// Install Envoy and httpbin into target/python, when missing or when their versions changed
    Setup,
    /// Run the plugins in the local gateway, with an upstream and Redis, without Docker or Python
    ///
    /// Builds what is missing, starts all from envoy.yaml and shows the plugins' log lines until Ctrl-C. Whoever edits
    /// the configuration or a plugin meanwhile sees the change at once. The whole logs are in target/run.
    Run(run::Options),
    /// Run the plugins in a real Envoy in front of a real httpbin, without Docker
    ///
    /// Builds and installs what is missing, starts both from envoy.yaml and shows the plugins' log lines until Ctrl-C.
    /// Envoy's whole log is in target/run/envoy.log.
    RunEnvoy(run::Options),
}

fn main() -> ExitCode {
    let Err(error) = start(Arguments::parse()) else {
        return ExitCode::SUCCESS;
    };
    let red = AnsiColor::Red.on_default();
    anstream::eprintln!("{red}error{red:#}: {error:#}");
    ExitCode::FAILURE
}

fn start(arguments: Arguments) -> Result<()> {
    let workspace = Workspace::load()?;
    match arguments.program {
        Program::Build { selection, check: true } => build::check(&workspace, &selection),
        Program::Build { selection, check: false } => build::build(&workspace, &selection),
        Program::Size { plugin, top } => size::explain(&workspace, &plugin, top),
        Program::Trace { plugin } => trace::write(&workspace, &plugin),
        Program::New { name } => scaffold::create(&workspace, &name),
        Program::Spec => spec::write(&workspace),
        Program::Images { push, plain_http } => {
            image::write(&workspace)?;
            push.map_or(Ok(()), |registry| image::push(&workspace, &registry, plain_http))
        }
        Program::Manifests { registry } => manifests::write(&workspace, &registry),
        Program::Release { tag } => release::write(&workspace, tag.as_deref()),
        Program::Setup => python::ensure(&workspace).map(drop),
        Program::Run(options) => run::run(&workspace, &options, Kind::Local),
        Program::RunEnvoy(options) => run::run(&workspace, &options, Kind::Envoy),
    }
}
