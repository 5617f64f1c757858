//! The programs behind the Makefile, as a library: building, measuring and running the plugins.
//!
//! The binary only reads the command line. What is worth a test lives here; [`finish`] in particular is a pure function
//! from the bytes that the compiler wrote to the bytes that a gateway loads.

mod archive;
pub mod build;
pub mod finish;
pub mod image;
pub mod manifests;
pub mod python;
pub mod release;
pub mod run;
pub mod scaffold;
pub mod size;
pub mod spec;
mod terminal;
mod toolchain;
pub mod trace;
mod workspace;

pub use workspace::Workspace;
