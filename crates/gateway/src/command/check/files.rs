//! Which files are to be checked: those that were named, and all that lie in folders that were named.

use std::path::{Path, PathBuf};

/// A file to check.
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// It was named itself, so it has to be something that can be checked.
    pub(super) named: bool,
}

/// The files of `paths`. Of a folder these are all `.yaml`, `.yml` and `.json` in it and below it, by name; hidden ones
/// are left out.
///
/// # Errors
/// When a folder cannot be listed, or has none of them.
pub(super) fn find(paths: &[PathBuf]) -> Result<Vec<Found>, String> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(Found { path: path.clone(), named: true });
            continue;
        }
        let before = found.len();
        walk(path, &mut found)?;
        if found.len() == before {
            return Err(format!("{}: nothing to check: no file in it ends with .yaml, .yml or .json", path.display()));
        }
    }
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<Found>) -> Result<(), String> {
    let fault = |error: std::io::Error| format!("{} cannot be listed: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(fault)?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>().map_err(fault)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        // Links to folders are not followed: they may lead in circles.
        if entry.file_type().map_err(fault)?.is_dir() {
            walk(&path, found)?;
        } else if path.extension().is_some_and(|it| it == "yaml" || it == "yml" || it == "json") {
            found.push(Found { path, named: false });
        }
    }
    Ok(())
}
