//! Letting go is a value; dropping it is not a decision.

#![deny(unused_must_use)]

use plugin_core::prelude::*;

#[derive(Deserialize)]
struct Plug;

impl Plugin for Plug {
    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        request.headers().get("a");
        request.reply(Reply::new(204));
        Err(Error::other("no decision"))
    }
}

fn main() {}
