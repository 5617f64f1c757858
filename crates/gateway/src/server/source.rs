//! Reads what a configuration points at: files, variables, the text itself.

use crate::bootstrap::DataSource;

/// The bytes of a source.
///
/// # Errors
/// With the file or variable, and why it cannot be read.
pub(super) fn read(source: &DataSource) -> Result<Vec<u8>, String> {
    match source {
        DataSource::File(path) => {
            std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
        }
        DataSource::Inline(bytes) => Ok(bytes.clone()),
        DataSource::Environment(name) => std::env::var_os(name)
            .map(std::os::unix::ffi::OsStringExt::into_vec)
            .ok_or_else(|| format!("the environment variable {name} is not set")),
    }
}
