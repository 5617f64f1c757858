//! Asks a service before a request goes on and tells it before the response does; a body that outgrows the gateway's
//! buffer meanwhile is refused.

use plugin_core::prelude::*;

/// Whom to ask.
#[derive(Debug, Deserialize)]
pub struct Overflowing {
    service: Service,
}

impl Plugin for Overflowing {
    // Header state `StopAllIterationAndBuffer`: 413 (for a response 500) instead of back pressure.
    const OVERFLOW: Overflow = Overflow::Reject;

    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        let answer = self.service.cluster().get("/allowed").timeout(Duration::from_secs(2)).send().await?;
        answer.require_status(200)?;

        let response = request.forward_and_wait().await;
        self.service.cluster().post("/served").timeout(Duration::from_secs(2)).send().await?;
        Ok(response.forward())
    }
}

register!(Overflowing, "overflow");
