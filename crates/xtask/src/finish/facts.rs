//! The build facts that stay in the module: in the custom section `plugin`, as JSON, and where core finds them to log
//! them.

use super::Declaration;
use anyhow::{Context, Result, bail, ensure};
use walrus::{IdsToIndices, Module, RawCustomSection};

const SECTION: &str = "plugin";

/// What a plugin is built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The version of its package.
    pub version: String,
    /// The commit of the workspace, or what stands for it where there is none.
    pub commit: String,
}

/// The placeholder of `plugin-core`'s `abi/build.rs`.
const PLACEHOLDER: &[u8] = b"plugin-core build facts:";
const PLACEHOLDER_LENGTH: usize = 96;

/// Writes the facts over the placeholder of `raw`, for core to log.
pub(super) fn fill_in(raw: &mut [u8], declaration: &Declaration, source: &Source) -> Result<()> {
    let facts = format!("version {}, commit {}, ABI {}", source.version, source.commit, declaration.abi);
    ensure!(facts.len() <= PLACEHOLDER_LENGTH, "the build facts are longer than {PLACEHOLDER_LENGTH} bytes: {facts}");
    let at = raw.windows(PLACEHOLDER.len()).position(|window| window == PLACEHOLDER);
    let place = at.and_then(|at| raw.get_mut(at..at + PLACEHOLDER_LENGTH)).context(
        "the module has no place for the build facts; it comes from `plugin-core`'s `abi/build.rs`, and both must be of \
         one version",
    )?;
    place.fill(b' ');
    for (to, from) in place.iter_mut().zip(facts.bytes()) {
        *to = from;
    }
    Ok(())
}

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
pub(super) fn replace_custom_sections(module: &mut Module, declaration: &Declaration, source: &Source) -> Result<()> {
    let all: Vec<_> = module.customs.iter().map(|(id, _)| id).collect();
    for id in all {
        module.customs.delete(id);
    }
    let facts = serde_json::json!({
        "name": declaration.name,
        "version": source.version,
        "commit": source.commit,
        "abi": declaration.abi.to_string(),
    });
    module.customs.add(RawCustomSection { name: SECTION.to_owned(), data: serde_json::to_vec(&facts)? });
    Ok(())
}
