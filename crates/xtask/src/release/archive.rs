//! A folder as one archive.

use crate::archive;
use anyhow::{Context, Result};
use std::path::Path;

/// The files under `folder` in the order of their names.
pub(super) fn of(folder: &Path) -> Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    add(&mut archive, folder, Path::new(""))
        .with_context(|| format!("cannot archive {}; `make images` writes it", folder.display()))?;
    Ok(archive.into_inner()?)
}

fn add(archive: &mut tar::Builder<Vec<u8>>, folder: &Path, name: &Path) -> std::io::Result<()> {
    let mut entries: Vec<_> = folder.read_dir()?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = name.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            add(archive, &entry.path(), &name)?;
            continue;
        }
        archive::add(archive, &name, &std::fs::read(entry.path())?)?;
    }
    Ok(())
}
