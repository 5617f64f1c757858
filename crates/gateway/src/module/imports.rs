//! Checks a module's imports by name, so that an unknown one is refused with what to do about it.

use super::{AbiVersion, Refusal};
use crate::calls::{C, ENV, HIGRESS, LEVEL, knows_wasi};

/// Calls of ABI 0.1.0 that later versions took away.
const REMOVED: [&str; 4] =
    ["proxy_get_configuration", "proxy_continue_request", "proxy_continue_response", "proxy_clear_route_cache"];

pub(super) fn check<'a>(imports: impl Iterator<Item = (&'a str, &'a str)>, version: AbiVersion) -> Result<(), Refusal> {
    for (module, name) in imports {
        if let Some(hint) = complaint(module, name, version) {
            return Err(Refusal::UnknownImport { module: module.to_owned(), name: name.to_owned(), hint });
        }
    }
    Ok(())
}

fn complaint(module: &str, name: &str, version: AbiVersion) -> Option<&'static str> {
    match module {
        "env" if ENV.contains(&name) || C.contains(&name) => None,
        "env" if HIGRESS.contains(&name) || LEVEL.contains(&name) => (version == AbiVersion::V0_2_0)
            .then_some("Gateways give this call only to modules of ABI 0.2.1 and 0.2.100; this one says 0.2.0"),
        "env" if REMOVED.contains(&name) => {
            Some("It belongs to ABI 0.1.0; build the plugin with an SDK for 0.2.0 or newer")
        }
        "env" if name.starts_with("proxy_") => {
            Some("It is neither in proxy-wasm ABI 0.2.1 nor among Higress's calls; is the name spelt right?")
        }
        "env" => Some("Calls of gateways begin with proxy_; this looks like a C symbol that was not linked"),
        "wasi_snapshot_preview1" | "wasi_unstable" if knows_wasi(name) => None,
        "wasi_snapshot_preview1" | "wasi_unstable" => {
            Some("Gateways give no file system, no sockets and no threads; leave out the code that wants them")
        }
        "__wbindgen_placeholder__" | "wbg" => {
            Some("It comes from wasm-bindgen, for browsers; build for wasm32-wasip1 and turn off features such as `js`")
        }
        _ => Some("Imports come from env, wasi_snapshot_preview1 or wasi_unstable only"),
    }
}
