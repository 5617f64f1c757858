//! There is no response before the request was let go.

use plugin_core::prelude::*;

#[derive(Deserialize)]
struct Plug;

impl Plugin for Plug {
    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        let status = request.status();
        let _ = status;
        Ok(request.forward())
    }
}

fn main() {}
