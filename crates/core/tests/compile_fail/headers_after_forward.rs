//! Request headers are gone once the request was let go.

use plugin_core::prelude::*;

#[derive(Deserialize)]
struct Plug;

impl Plugin for Plug {
    async fn on_request(self: Rc<Self>, mut request: Request) -> Result<Flow> {
        let response = request.forward_and_wait().await;
        request.headers_mut().set("late", "1")?;
        Ok(response.forward())
    }
}

fn main() {}
