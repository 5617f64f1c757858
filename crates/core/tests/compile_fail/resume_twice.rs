//! A request is let go once: there is nothing to resume twice.

use plugin_core::prelude::*;

#[derive(Deserialize)]
struct Plug;

impl Plugin for Plug {
    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        let flow = request.forward();
        let _again = request.forward();
        Ok(flow)
    }
}

fn main() {}
