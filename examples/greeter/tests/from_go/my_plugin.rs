//! The sample `my-plugin` of Higress's Go guide: mocks, or adds a header.

use plugin_core::prelude::*;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MyPlugin {
    #[serde(default)]
    mock_enable: bool,
}

impl Plugin for MyPlugin {
    async fn on_request(self: Rc<Self>, mut request: Request) -> Result<Flow> {
        if self.mock_enable {
            return Ok(request.reply(Reply::text(200, "hello world")));
        }
        request.headers_mut().append("hello", "world")?;
        Ok(request.forward())
    }
}

register!(MyPlugin, "my-plugin");
