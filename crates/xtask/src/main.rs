//! Programs behind the Makefile.
fn main() {}
