//! A body can be changed only if its length header was given up while that was possible.

use plugin_core::prelude::*;

#[derive(Deserialize)]
struct Plug;

impl Plugin for Plug {
    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        let mut body = request.into_body(1024).await?;
        body.replace("other")?;
        Ok(body.forward())
    }
}

fn main() {}
