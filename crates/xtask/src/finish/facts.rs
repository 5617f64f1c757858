//! The build facts that stay in the module, in the custom section `plugin`: name, version, ABI, as JSON.

use super::Declaration;
use anyhow::{Result, bail};
use walrus::{IdsToIndices, Module, RawCustomSection};

const SECTION: &str = "plugin";

/// Refuses a module that went through the build before.
pub(super) fn refuse_finished(module: &Module) -> Result<()> {
    let Some((_, section)) = module.customs.iter().find(|(_, section)| section.name() == SECTION) else {
        return Ok(());
    };
    let facts = section.data(&IdsToIndices::default()).into_owned();
    bail!(
        "the module is finished already, as {}; give the one that cargo wrote under target/wasm32-wasip1/release",
        String::from_utf8_lossy(&facts)
    );
}

/// Drops every custom section (target features, the declaration, whatever a dependency brought) and writes ours.
pub(super) fn replace_custom_sections(module: &mut Module, declaration: &Declaration, version: &str) -> Result<()> {
    let all: Vec<_> = module.customs.iter().map(|(id, _)| id).collect();
    for id in all {
        module.customs.delete(id);
    }
    let facts = serde_json::json!({
        "name": declaration.name,
        "version": version,
        "abi": declaration.abi.to_string(),
    });
    module.customs.add(RawCustomSection { name: SECTION.to_owned(), data: serde_json::to_vec(&facts)? });
    Ok(())
}
