//! The compile target of plugins.

use std::path::Path;
use std::process::Command;

use super::Finding;

const TARGET: &str = "wasm32-wasip1";

pub(super) fn examine() -> Finding {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let asked = Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]).output();
    match asked {
        Err(error) => Finding::ill(
            format!("rustc does not run: {error}"),
            "install Rust through https://rustup.rs (plugins that are built already run without it)",
        ),
        Ok(output) => judge(Path::new(String::from_utf8_lossy(&output.stdout).trim())),
    }
}

/// An empty path comes from a rustc that does not know the target at all.
fn judge(library: &Path) -> Finding {
    if library.is_dir() {
        return Finding::well(format!("the compile target {TARGET} is installed"));
    }
    Finding::ill(format!("the compile target {TARGET} is not installed"), format!("rustup target add {TARGET}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_a_target_that_is_missing() {
        assert_eq!(judge(Path::new(env!("CARGO_MANIFEST_DIR"))).mend, None);
        for missing in ["/no/such/folder", ""] {
            assert_eq!(judge(Path::new(missing)).mend.as_deref(), Some("rustup target add wasm32-wasip1"));
        }
    }
}
