//! Time: waits before it forwards, gives up on a slow call, and counts the seconds in the background.

use plugin_core::metric::Counter;
use plugin_core::prelude::*;
use plugin_core::time::monotonic;

/// How long to wait, and whom to ask.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timer {
    wait_ms: u64,
    service: Service,
}

impl Plugin for Timer {
    fn on_start(self: Rc<Self>, background: Background) {
        background.spawn(async {
            let beats = Counter::new("timer.heartbeats");
            loop {
                sleep(Duration::from_millis(100)).await;
                beats.add(1);
            }
        });
    }

    async fn on_request(self: Rc<Self>, mut request: Request) -> Result<Flow> {
        let began = monotonic();
        sleep(Duration::from_millis(self.wait_ms)).await;
        let waited = monotonic().saturating_sub(began).as_millis();
        request.headers_mut().set("x-waited-ms", waited.to_string())?;

        let asked = timeout(Duration::from_millis(100), self.service.cluster().get("/slow").send()).await;
        let outcome = match asked {
            Ok(Ok(answer)) => answer.status().to_string(),
            Ok(Err(error)) => error.kind().as_str().to_owned(),
            Err(_) => "gave up".to_owned(),
        };
        request.headers_mut().set("x-service", outcome)?;
        Ok(request.forward())
    }
}

register!(Timer, "timer");
