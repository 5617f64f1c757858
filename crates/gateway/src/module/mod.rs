//! A compiled plugin: checked against the ABI once, instantiated for every virtual machine.

mod imports;
mod refusal;
mod version;

pub use refusal::Refusal;
pub use version::AbiVersion;

use wasmtime::{Extern, ExternType, InstancePre};

use crate::calls;
use crate::engine::Engine;
use crate::vm::guest::Guest;

/// A plugin's code, compiled and linked. Cheap to clone; used by any number of virtual machines.
#[derive(Clone)]
pub struct Module {
    pub(crate) engine: Engine,
    pub(crate) linked: InstancePre<Guest>,
    pub(crate) allocator: &'static str,
    version: AbiVersion,
    exports: Vec<String>,
}

impl Module {
    /// Compiles the bytes of a `.wasm` file.
    ///
    /// # Errors
    /// When it is no module, speaks another ABI, lacks what a gateway needs, or asks for calls that no gateway gives.
    pub fn new(engine: &Engine, bytes: &[u8]) -> Result<Self, Refusal> {
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
        Ok(Self { engine: engine.clone(), linked, allocator, version, exports: functions })
    }

    /// The ABI that the first marker among the exports tells.
    pub fn version(&self) -> AbiVersion {
        self.version
    }

    /// Names of the exported functions in their order, for instance to see which phases the plugin takes part in.
    pub fn exports(&self) -> &[String] {
        &self.exports
    }
}

/// The guest's memory among its exports.
pub(crate) fn memory(export: Option<Extern>) -> Option<wasmtime::Memory> {
    export.and_then(Extern::into_memory)
}
