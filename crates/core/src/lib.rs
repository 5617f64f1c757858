//! Everything a plugin needs.
