//! A request cannot be forgotten: only letting it go makes the value that must be returned.

use plugin_core::prelude::*;

#[derive(Deserialize)]
struct Plug;

impl Plugin for Plug {
    async fn on_request(self: Rc<Self>, mut request: Request) -> Result<Flow> {
        request.headers_mut().set("hello", "world")?;
        Ok(())
    }
}

fn main() {}
