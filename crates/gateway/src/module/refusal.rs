//! Why a module cannot be run, said so that its author knows what to do.

use std::error::Error;
use std::fmt;

/// A module that this host does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The bytes are no core WebAssembly module, or one with features that are not enabled.
    NoModule(String),
    /// No marker function tells the ABI.
    NoAbi,
    /// The first marker tells ABI 0.1.0.
    OldAbi,
    /// Neither of the two allocation functions is exported.
    NoAllocator,
    /// No memory is exported under the name `memory`.
    NoMemory,
    /// An import that no gateway provides.
    UnknownImport {
        /// Module of the import.
        module: String,
        /// Name of the import.
        name: String,
        /// What to do about it.
        hint: &'static str,
    },
    /// The imports are known, but their types are not those of the ABI.
    Link(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoModule(reason) => write!(
                f,
                "not a WebAssembly module that this host can compile: {reason}. \
                 Expected is a core module, built for wasm32-wasip1, not a component"
            ),
            Self::NoAbi => f.write_str(
                "missing proxy-wasm ABI version: the module exports none of proxy_abi_version_0_2_0, \
                 proxy_abi_version_0_2_1, proxy_abi_version_0_2_100. Build it with a proxy-wasm SDK, as a cdylib",
            ),
            Self::OldAbi => f.write_str(
                "the module speaks proxy-wasm ABI 0.1.0, which this host does not run. \
                 Build it with an SDK for 0.2.0 or newer",
            ),
            Self::NoAllocator => f.write_str(
                "the module exports neither malloc nor proxy_on_memory_allocate, \
                 so a gateway cannot hand over data. Build it with a proxy-wasm SDK",
            ),
            Self::NoMemory => f.write_str("the module exports no memory named \"memory\""),
            Self::UnknownImport { module, name, hint } => {
                write!(f, "the module imports {module}.{name}, which this host does not provide. {hint}")
            }
            Self::Link(reason) => write!(f, "an import does not have the type that the ABI gives it: {reason}"),
        }
    }
}

impl Error for Refusal {}
