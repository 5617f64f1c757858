//! `gateway check`: every fault of some files, found without serving them.

mod files;
mod kind;

use std::path::{Path, PathBuf};

use self::kind::Kind;
use super::engine;
use crate::bootstrap::{DataSource, Environment, Fault, Faults, WasmFilter};
use crate::engine::Engine;
use crate::log::{Format, Level, Log};
use crate::server::{Refused, Sources, load_filter};
use crate::wasm_plugin;
use crate::worker::Canary;

/// What to check the files against.
pub(super) struct Settings<'a> {
    /// The module whose configurations the files are; without one they are bootstrap files and manifests.
    pub(super) module: Option<&'a Path>,
    /// The folder with the modules of images.
    pub(super) modules: &'a Path,
}

/// Checks files, and those in folders, and tells of each whether it is good; `false` when one is not.
///
/// # Errors
/// When nothing can be checked at all.
pub(super) fn run(paths: &[PathBuf], settings: &Settings<'_>) -> Result<bool, Refused> {
    let engine = engine()?;
    let mut good = true;
    for file in files::find(paths).map_err(Refused::from)? {
        let path = file.path.as_path();
        let (faults, verdict) = match settings.module {
            Some(module) => (configuration(&engine, module, path), verdict(&[])),
            None => checked(&engine, path, file.named, settings.modules),
        };
        if faults.is_empty() {
            println!("{}: {verdict}", path.display());
        }
        for fault in &faults {
            println!("{fault}");
        }
        good &= faults.is_empty();
    }
    Ok(good)
}

/// The faults of a file, and the word for it when it has none.
fn checked(engine: &Engine, file: &Path, named: bool, modules: &Path) -> (Vec<String>, String) {
    // What cannot be read is told as a fault of a bootstrap file.
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let kind = Kind::of(&text);
    let faults = match if named { kind.insisted() } else { kind } {
        Kind::Bootstrap => bootstrap(engine, file),
        Kind::Manifests => {
            let (faults, stand_ins) = manifests(engine, file, modules);
            return (faults, verdict(&stand_ins));
        }
        Kind::Foreign(kind) => return (Vec::new(), format!("passed over, kind {kind}")),
        Kind::Unknown => return (Vec::new(), "passed over, neither a manifest nor a bootstrap file".to_owned()),
    };
    (faults, verdict(&[]))
}

fn verdict(stand_ins: &[String]) -> String {
    match stand_ins {
        [] => "OK".to_owned(),
        names => format!("OK, if the environment of the gateway has {}, which is not set here", names.join(", ")),
    }
}

fn bootstrap(engine: &Engine, file: &Path) -> Vec<String> {
    let sources =
        Sources { bootstrap: file.to_owned(), manifests: Vec::new(), modules: PathBuf::new(), resolve: Vec::new() };
    // Warnings are worth a word here too; what plugins say is part of the faults.
    let log = Log::new(Level::Warn, Format::from("%v"));
    sources.load(engine, &log).err().map(|refused| vec![refused.to_string()]).unwrap_or_default()
}

/// The faults of manifests, and the variables that have a stand-in.
fn manifests(engine: &Engine, file: &Path, modules: &Path) -> (Vec<String>, Vec<String>) {
    let plugins = match wasm_plugin::load(file) {
        Ok(accepted) => accepted.value,
        Err(faults) => return (told(&faults), Vec::new()),
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    let (mut faults, mut stand_ins) = (Vec::new(), Vec::new());
    for plugin in &plugins {
        let accepted = plugin.filter(folder, modules).map_err(|fault| fault.to_string()).and_then(|filter| {
            let Some(mut filter) = filter else { return Ok(()) };
            stand_ins.extend(stand_in(&mut filter.environment));
            load_filter(&filter, engine, &Canary::default()).map(drop)
        });
        faults.extend(accepted.err().map(|fault| format!("{}: {fault}", file.display())));
    }
    (faults, stand_ins)
}

/// Gives a value to each variable that only the environment of the real gateway has, such as a secret.
fn stand_in(environment: &mut Environment) -> Vec<String> {
    let missing = |name: &String| std::env::var_os(name).is_none();
    let names: Vec<String> = environment.host_env_keys.extract_if(.., |name| missing(name)).collect();
    environment.key_values.extend(names.iter().map(|name| (name.clone(), "stand-in".to_owned())));
    names
}

fn told(faults: &Faults) -> Vec<String> {
    faults.iter().map(Fault::to_string).collect()
}

/// The bytes of the file are what the plugin gets, except that YAML becomes JSON as Higress's console makes it.
fn configuration(engine: &Engine, module: &Path, file: &Path) -> Vec<String> {
    let fault = |text: String| vec![format!("{}: {text}", file.display())];
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => return fault(format!("cannot be read: {error}")),
    };
    let configuration = match file.extension().is_some_and(|it| it == "yaml" || it == "yml") {
        false => text,
        true => match serde_yaml::from_str::<serde_json::Value>(&text) {
            Ok(value) => value.to_string(),
            Err(error) => return fault(format!("not YAML: {error}")),
        },
    };
    let name = module.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let plugin = WasmFilter {
        filter_name: name.clone(),
        name,
        root_id: String::new(),
        vm_id: String::new(),
        code: DataSource::File(module.to_owned()),
        environment: Environment::default(),
        vm_configuration: Vec::new(),
        configuration: configuration.into_bytes(),
        failure_policy: crate::bootstrap::FailurePolicy::FailClosed,
        allow_on_headers_stop_iteration: false,
    };
    load_filter(&plugin, engine, &Canary::default()).err().map(fault).unwrap_or_default()
}
