//! Marks requests with a header.

use plugin_core::prelude::*;

/// The plugin's configuration. An unknown key is a fault, and so is a value that does not fit its type. What stands before
/// a field is its text in the console and in README.md; `make spec` writes it there.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct {{Name}} {
    /// The header to set.
    header: HeaderName,
    /// Its value.
    #[serde(default = "yes")]
    value: FieldValue,
}

fn yes() -> FieldValue {
    FieldValue::from_static("yes")
}

impl Plugin for {{Name}} {
    async fn on_request(self: Rc<Self>, mut request: Request) -> Result<Flow> {
        request.headers_mut().set(&self.header, &self.value)?;
        Ok(request.forward())
    }
}

register!({{Name}}, "{{name}}");
