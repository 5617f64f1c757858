//! Asks a service for a name, greets the upstream with it, and marks the response.

use plugin_core::prelude::*;

/// The plugin's configuration.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Greeter {
    /// Whom to ask.
    service: Service,
    /// What to ask for.
    request_path: String,
    /// The word before the name.
    #[serde(default = "hello")]
    greeting: FieldValue,
}

fn hello() -> FieldValue {
    FieldValue::from_static("hello")
}

impl Plugin for Greeter {
    async fn on_request(self: Rc<Self>, mut request: Request) -> Result<Flow> {
        let ask = self.service.cluster().get(&self.request_path).timeout(Duration::from_secs(1));
        let name = ask.send().await?.require_status(200)?.require_header("x-name")?;
        let greeting = format!("{} {name}", self.greeting);
        log::info!("greets with {} bytes", greeting.len());
        request.headers_mut().set("x-greeting", greeting)?;

        let mut response = request.forward_and_wait().await;
        response.headers_mut().set("x-greeted", "yes")?;
        Ok(response.forward())
    }
}

register!(Greeter, "greeter");
