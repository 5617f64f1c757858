//! What is not a plugin is told how to become one.

use plugin_core::prelude::*;

struct Nothing;

fn takes_a_plugin<P: Plugin>() {}

fn main() {
    takes_a_plugin::<Nothing>();
}
