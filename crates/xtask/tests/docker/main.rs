//! The compose stack on a real Docker Engine, as `make up` and `make down` start and end it: `make test-compose`.
//!
//! No image is pulled. Stand-ins bear the names that `docker-compose.yaml` asks for: the local gateway at the path of
//! Higress's Envoy, whose command line it takes; the real httpbin; the real Redis of this machine. So this shows that
//! ports, mounts, networks, health checks and the order of start are right, and not how Higress's own image behaves.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is how a test speaks"
)]

mod engine;
mod image;
mod plugin_image;
mod sandbox;
mod stack;
mod stand_ins;

use engine::Engine;
use stack::Stack;

#[test]
fn a_plugins_image_is_loadable() {
    sandbox::run("a_plugins_image_is_loadable", |folder| {
        let engine = Engine::start(folder);
        plugin_image::is_loadable(&engine);
        engine.stop();
    });
}

#[test]
fn the_stack_starts_serves_and_ends() {
    sandbox::run("the_stack_starts_serves_and_ends", |folder| {
        let engine = Engine::start(folder);
        stand_ins::load(&engine);
        let stack = Stack { engine: &engine };

        stack.up_in_order();
        stack.serves_what_the_readme_shows(10000, 12345);
        stack.counts_in_redis(10000);
        stack.publishes_what_it_should([10000, 12345, 9901]);
        stack.mounts_cannot_be_written();
        stack.down();

        let ports = [("GATEWAY_PORT", "20000"), ("HTTPBIN_PORT", "22345"), ("ADMIN_PORT", "29901")];
        stack.up(&ports);
        stack.serves_what_the_readme_shows(20000, 22345);
        stack.publishes_what_it_should([20000, 22345, 29901]);
        stack.down();

        // A gateway that refuses its configuration ends `make up` with its own words.
        let broken = [("HIGRESS_GATEWAY_IMAGE", "example.com/broken"), ("HIGRESS_GATEWAY_TAG", "v1")];
        let output = stack.up_fails(&broken);
        assert!(output.contains(stand_ins::COMPLAINT), "{output}");
        stack.down();

        engine.stop();
    });
}
