//! Watches a response body chunk by chunk, turns its letters into capitals, and says in a trailer-like log line how long
//! it was. Nothing is buffered: the first byte reaches the client before the last one has left the upstream.

use plugin_core::prelude::*;

/// No configuration.
#[derive(Debug, Deserialize)]
pub struct Capitals;

impl Plugin for Capitals {
    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        let response = request.forward_and_wait().await;
        let mut chunks = response.into_editable_chunks()?;
        let mut length = 0_usize;
        while let Some(chunk) = chunks.next().await? {
            length = length.saturating_add(chunk.bytes().len());
            let capitals = chunk.bytes().to_ascii_uppercase();
            chunk.replace(capitals)?;
        }
        log::info!("{length} bytes passed");
        Ok(chunks.forward())
    }
}

register!(Capitals, "chunks");
