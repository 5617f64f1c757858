//! Response headers that have gone out cannot be replaced by a reply.

use plugin_core::prelude::*;

#[derive(Deserialize)]
struct Plug;

impl Plugin for Plug {
    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        let chunks = request.forward_and_wait().await.into_chunks();
        Ok(chunks.reply(Reply::text(500, "too late")))
    }
}

fn main() {}
