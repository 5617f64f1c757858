//! The only place that knows proxy-wasm: host calls out, callbacks in. Everything unsafe in this crate is here.
//!
//! The published `proxy-wasm` crate gives the start of the module, the allocator that the host writes into, and the ABI
//! marker. Its host calls panic on any status they do not expect and its dispatcher on any id it does not know; a panic
//! takes the VM down for all requests. So calls go through thin imports of our own with the status as a number, and
//! callbacks arrive at exports of our own (`plugin_core_*`), which the build renames to the ABI's names.

#![allow(unsafe_code, reason = "the proxy-wasm ABI passes pointers; every use is in this module")]

mod build;
mod calls;
mod clock;
mod environment;
mod exports;
mod memory;

pub use calls::ProxyWasm;

use crate::config;
use crate::plugin::Plugin;
use crate::root::Parse;
use crate::runtime::PluginRef;
use crate::{logger, runtime};
use proxy_wasm::traits::{Context, RootContext};
use serde::de::DeserializeOwned;
use std::rc::Rc;

#[cfg(target_os = "wasi")]
unsafe extern "C" {
    fn __wasm_call_ctors();
}

/// Start of a plugin's module; called by what `register!` makes.
#[doc(hidden)]
pub fn start<P: Plugin + DeserializeOwned>(name: &'static str) {
    // SAFETY: the linker's list of constructors, run once, before anything else.
    #[cfg(target_os = "wasi")]
    unsafe {
        __wasm_call_ctors();
    }
    logger::start();
    let parse: Parse = |node| {
        let plugin: P = config::from_node(node)?;
        Ok(Rc::new(plugin) as PluginRef)
    };
    runtime::set_plugin(name, parse, P::CLEANUP.sweep());
}

/// Start of a module that never went through the build's last step, which exchanges this for [`start`].
#[doc(hidden)]
pub fn start_unfinished() {
    logger::start();
    proxy_wasm::set_root_context(|_| Box::new(Unfinished));
}

/// Each KB of code delays the gateway's start by about a millisecond; wasi-libc's malloc has eleven, this one has two.
#[global_allocator]
static MEMORY: memory::Memory<rlsf::GlobalTlsf> = memory::Memory::new(rlsf::GlobalTlsf::new());

/// What answers in an unfinished module: proxy-wasm's own exports lead here.
struct Unfinished;

impl Context for Unfinished {}

impl RootContext for Unfinished {
    fn on_configure(&mut self, _: usize) -> bool {
        log::error!(
            "this .wasm is not finished: cargo made it, but `make build-plugins` (or `cargo xtask build`) \
                     completes it; load the file from dist/"
        );
        false
    }
}
