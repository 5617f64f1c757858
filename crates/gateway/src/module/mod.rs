//! A compiled plugin: checked against the ABI once, instantiated for every virtual machine.

mod imports;
mod known;
mod refusal;
mod version;

use std::sync::Arc;

pub(crate) use known::Known;
pub use refusal::Refusal;
pub use version::AbiVersion;

use wasmtime::{Extern, ExternType, InstancePre};

use crate::calls;
use crate::engine::Engine;
use crate::vm::guest::Guest;

/// A plugin's code, compiled and linked. Cheap to clone; used by any number of virtual machines.
#[derive(Clone)]
pub struct Module(Arc<Compiled>);

pub(crate) struct Compiled {
    engine: Engine,
    linked: InstancePre<Guest>,
    allocator: &'static str,
    version: AbiVersion,
    exports: Vec<String>,
    code: Box<[u8]>,
}

impl Module {
    /// Compiles the bytes of a `.wasm` file, unless a module of the same bytes is in use: then it is that one.
    ///
    /// # Errors
    /// When it is no module, speaks another ABI, lacks what a gateway needs, or asks for calls that no gateway gives.
    pub fn new(engine: &Engine, bytes: &[u8]) -> Result<Self, Refusal> {
        if let Some(known) = engine.modules.find(bytes) {
            return Ok(Self(known));
        }
        let module = Arc::new(Compiled::new(engine, bytes)?);
        engine.modules.keep(&module);
        Ok(Self(module))
    }

    /// The ABI that the first marker among the exports tells.
    pub fn version(&self) -> AbiVersion {
        self.0.version
    }

    /// Names of the exported functions in their order, for instance to see which phases the plugin takes part in.
    pub fn exports(&self) -> &[String] {
        &self.0.exports
    }

    /// Whether both come from the same bytes.
    pub fn same_code(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.code == other.0.code
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(crate) fn linked(&self) -> &InstancePre<Guest> {
        &self.0.linked
    }

    /// The name of the function by which the guest allocates memory.
    pub(crate) fn allocator(&self) -> &'static str {
        self.0.allocator
    }
}

impl std::fmt::Debug for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Compiled { version, code, .. } = &*self.0;
        f.debug_struct("Module").field("version", version).field("bytes", &code.len()).finish_non_exhaustive()
    }
}

impl Compiled {
    fn new(engine: &Engine, bytes: &[u8]) -> Result<Self, Refusal> {
        let compiled =
            wasmtime::Module::new(&engine.compiler, bytes).map_err(|e| Refusal::NoModule(format!("{e:#}")))?;
        let functions: Vec<String> = compiled
            .exports()
            .filter(|export| matches!(export.ty(), ExternType::Func(_)))
            .map(|export| export.name().to_owned())
            .collect();
        let version = AbiVersion::of(functions.iter().map(String::as_str))?;
        imports::check(compiled.imports().map(|import| (import.module(), import.name())), version)?;
        let exported = |name: &&str| functions.iter().any(|function| function == name);
        let allocator =
            ["malloc", "proxy_on_memory_allocate"].into_iter().find(exported).ok_or(Refusal::NoAllocator)?;
        if !matches!(compiled.get_export("memory"), Some(ExternType::Memory(_))) {
            return Err(Refusal::NoMemory);
        }
        let linked = calls::linker(&engine.compiler)
            .and_then(|linker| linker.instantiate_pre(&compiled))
            .map_err(|e| Refusal::Link(format!("{e:#}")))?;
        Ok(Self { engine: engine.clone(), linked, allocator, version, exports: functions, code: bytes.into() })
    }

    pub(crate) fn code(&self) -> &[u8] {
        &self.code
    }
}

/// The guest's memory among its exports.
pub(crate) fn memory(export: Option<Extern>) -> Option<wasmtime::Memory> {
    export.and_then(Extern::into_memory)
}
