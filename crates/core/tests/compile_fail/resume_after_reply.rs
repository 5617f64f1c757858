//! After a reply there is nothing left to resume.

use plugin_core::prelude::*;

#[derive(Deserialize)]
struct Plug;

impl Plugin for Plug {
    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        let reply = request.reply(Reply::text(403, "no"));
        let _late = request.forward();
        Ok(reply)
    }
}

fn main() {}
