//! The mock-response plugin.
