//! The images of `docker-compose.yaml`, made of what this machine has.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml::Value;

use crate::engine::Engine;
use crate::image::Image;

/// What a gateway says that does not start.
pub(crate) const COMPLAINT: &str = "this gateway does not like its configuration";

/// Loads a stand-in for each image that the stack asks for, and one for a gateway that does not start.
pub(crate) fn load(engine: &Engine) {
    let text = std::fs::read_to_string(root().join("docker-compose.yaml")).unwrap();
    let compose: Value = serde_yaml::from_str(&text).unwrap();
    for (service, settings) in compose["services"].as_mapping().unwrap() {
        let name = with_defaults(settings["image"].as_str().unwrap());
        match service.as_str().unwrap() {
            "gateway" => gateway().load(engine, &name, &[]),
            "httpbin" => httpbin(engine, &name),
            "redis" => redis().load(engine, &name, &["CMD [\"redis-server\", \"--protected-mode\", \"no\"]"]),
            other => panic!("{other} has no stand-in"),
        }
        println!("{name} is a stand-in made of this machine's programs");
    }
    let script = format!("#!/bin/bash\necho '{COMPLAINT}'\nexit 1\n");
    let broken = Image::default().program("/bin/bash", Path::new("/bin/bash")).script("/usr/local/bin/envoy", &script);
    broken.load(engine, "example.com/broken:v1", &[]);
}

/// The local gateway in Envoy's place. The health check asks for bash.
fn gateway() -> Image {
    let program = Path::new(env!("CARGO_BIN_EXE_xtask")).with_file_name("gateway");
    assert!(program.is_file(), "no {}; run: cargo build --package gateway", program.display());
    Image::default().program("/usr/local/bin/envoy", &program).program("/bin/bash", Path::new("/bin/bash"))
}

/// The real httpbin, in the Python that `make setup` has made, served as the real image does.
fn httpbin(engine: &Engine, name: &str) {
    let bin = std::env::var_os("PYTHON_BIN").map_or_else(|| root().join("target/python/bin"), PathBuf::from);
    let facts = "import os, sys, sysconfig as s; print(os.path.realpath(sys.executable), s.get_path('stdlib'), s.get_path('purelib'), sep='\\n')";
    let output = Command::new(bin.join("python3")).args(["-c", facts]).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}; run: make setup", bin.display()));
    let facts = String::from_utf8(output.stdout).unwrap();
    let [program, library, packages] = facts.lines().map(Path::new).collect::<Vec<_>>()[..] else { panic!("{facts}") };
    Image::default()
        .program(program.to_str().unwrap(), program)
        .link("/usr/local/bin/python3", program)
        .folder(library, &["test", "site-packages", "dist-packages", "idlelib", "tkinter", "ensurepip", "config-"])
        .folder(packages, &["envoy", "pip", "setuptools"])
        .load(
            engine,
            name,
            &[
                &format!("ENV PYTHONPATH={}", packages.display()),
                "CMD [\"python3\", \"-m\", \"gunicorn\", \"--bind\", \"0.0.0.0:80\", \"httpbin:app\"]",
            ],
        );
}

fn redis() -> Image {
    let found = |program: &str| {
        let output = Command::new("which").arg(program).output().unwrap();
        assert!(output.status.success(), "{program} is not installed; `apt-get install redis-server`");
        PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
    };
    Image::default()
        .program("/usr/local/bin/redis-server", &found("redis-server"))
        .program("/usr/local/bin/redis-cli", &found("redis-cli"))
}

/// An image's name with what stands for variables that are not set: `${NAME:-default}`.
fn with_defaults(name: &str) -> String {
    let mut parts = name.split("${");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |known, part| {
        let (variable, rest) = part.split_once('}').unwrap();
        let (_, default) = variable.split_once(":-").unwrap();
        known + default + rest
    })
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
