//! A chunk goes on when the next one is asked for; it cannot be kept.

use plugin_core::prelude::*;

#[derive(Deserialize)]
struct Plug;

impl Plugin for Plug {
    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        let mut chunks = request.into_chunks();
        let first = chunks.next().await?;
        let second = chunks.next().await?;
        drop((first, second));
        Ok(chunks.forward())
    }
}

fn main() {}
