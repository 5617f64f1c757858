//! Function names: the linker leaves them mangled, everything after this reads them plain.

use anyhow::{Result, bail};
use walrus::Module;

/// Makes `_ZN11plugin_core4uses3log17h..E` read `plugin_core::uses::log`. Refuses a module without names.
pub(super) fn demangle(module: &mut Module) -> Result<()> {
    let mut any = false;
    for function in module.funcs.iter_mut() {
        if let Some(name) = &mut function.name {
            // The alternate form leaves the hash out.
            *name = format!("{:#}", rustc_demangle::demangle(name));
            any = true;
        }
    }
    if !any {
        bail!(
            "the module has no function names, and without them the phases that the plugin uses cannot be told; \
             set `strip = \"none\"` in [profile.release] of the workspace's Cargo.toml"
        );
    }
    Ok(())
}
