//! The host as a proxy uses it: real plugins and hostile guests in one process, with a world of plain data.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic with a clear text is how a failed test is told"
)]

mod calls;
mod canary;
mod chains;
mod crash;
mod foreign;
mod grpc;
mod higress;
mod hostile;
mod life;
mod loading;
mod million;
mod plugins;
mod reply;
mod revival;
mod runtimes;
mod shared;
mod worker;
mod world;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Mutex, OnceLock};

use gateway::{Direction, Effects, Engine, Facts, Headers, Limits, Module, Plugin, RootId, StreamId, Vm, VmSettings};
use world::FakeWorld;

/// One engine for all tests: its clock thread is shared.
fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new().unwrap())
}

fn headers<const N: usize>(pairs: [(&str, &str); N]) -> Headers {
    pairs.into_iter().collect()
}

fn get() -> Headers {
    headers([(":method", "GET"), (":path", "/"), (":authority", "example.com"), (":scheme", "http")])
}

/// A machine with one plugin in it.
struct Bench {
    world: Rc<FakeWorld>,
    facts: Rc<Facts>,
    vm: Vm,
    root: RootId,
}

impl Bench {
    fn of(module: &Module, plugin: Plugin, limits: Limits) -> Self {
        let world = Rc::new(FakeWorld::default());
        let settings = VmSettings { limits, ..VmSettings::default() };
        let mut vm = Vm::new(module, world.clone(), settings).unwrap();
        let root = vm.start_plugin(plugin).unwrap_or_else(|e| panic!("{e}; log: {:?}", world.log.borrow()));
        Self { world, facts: Rc::default(), vm, root }
    }

    fn wat(text: &str) -> Self {
        Self::of(&wat(text), Plugin::default(), Limits::default())
    }

    /// A built plugin under `dist`.
    fn built(name: &str, configuration: &str) -> Self {
        let plugin = Plugin { name: name.to_owned(), configuration: configuration.into(), ..Plugin::default() };
        Self::of(&built(name), plugin, Limits::default())
    }

    fn open(&mut self) -> StreamId {
        let (stream, effects) = self.vm.open_stream(self.root, self.facts.clone());
        assert_eq!(effects, []);
        stream
    }

    fn request(&mut self, stream: StreamId, headers: Headers, end: bool) -> Effects {
        self.vm.headers(stream, Direction::Request, headers, end)
    }

    fn response(&mut self, stream: StreamId, headers: Headers, end: bool) -> Effects {
        self.vm.headers(stream, Direction::Response, headers, end)
    }
}

/// A module under `dist`, compiled once for all tests: without optimisation the compiler takes seconds.
fn built(name: &str) -> Module {
    static MODULES: OnceLock<Mutex<HashMap<String, Module>>> = OnceLock::new();
    let mut modules = MODULES.get_or_init(Mutex::default).lock().unwrap();
    let compile = || {
        let path = format!("{}/../../dist/{name}.wasm", env!("CARGO_MANIFEST_DIR"));
        let bytes =
            std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}; run: cargo xtask build --all --examples"));
        Module::new(engine(), &bytes).unwrap_or_else(|e| panic!("{path}: {e}"))
    };
    modules.entry(name.to_owned()).or_insert_with(compile).clone()
}

fn wat(text: &str) -> Module {
    Module::new(engine(), &wat::parse_str(text).unwrap()).unwrap_or_else(|e| panic!("{e}"))
}

/// What every guest needs: memory, an allocator that always gives the same place, and the marker of ABI 0.2.1.
fn guest(imports: &str, functions: &str) -> String {
    format!(
        r#"(module {imports}
        (memory (export "memory") 1)
        (func (export "proxy_abi_version_0_2_1"))
        (func (export "malloc") (param i32) (result i32) (i32.const 4096))
        {functions})"#
    )
}
