//! The header-injector plugin.
