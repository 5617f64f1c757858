//! Archives that are the same byte for byte each time: no times, no owners.

use std::io::{Result, Write};

/// Adds a file.
pub(crate) fn add(archive: &mut tar::Builder<impl Write>, name: &std::path::Path, bytes: &[u8]) -> Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    archive.append_data(&mut header, name, bytes)
}
