//! Time: waiting, giving up, and work beside all exchanges.

use crate::Tour;
use plugin_core::metric::Counter;
use plugin_core::prelude::*;
use plugin_core::time::monotonic;

/// Runs as long as the configuration is in force.
pub(crate) async fn heartbeat() {
    let beats = Counter::new("tour.heartbeats");
    loop {
        sleep(Duration::from_millis(20)).await;
        beats.add(1);
    }
}

pub(crate) async fn visit(step: &str, mut request: Request, tour: &Tour) -> Result<Flow> {
    match step {
        "sleep" => {
            let began = monotonic();
            sleep(Duration::from_millis(50)).await;
            let waited = monotonic().saturating_sub(began);
            request.headers_mut().set("x-waited-ms", waited.as_millis().to_string())?;
        }
        "sleep-then-call" => {
            sleep(Duration::from_millis(20)).await;
            let answer = tour.service("auth")?.get("/token").send().await?;
            request.headers_mut().set("x-body", answer.body())?;
        }
        "give-up" => {
            // Any future can be given up: a call, a wait for several, one that never ends.
            let never = timeout(Duration::from_millis(20), std::future::pending::<()>()).await;
            let call = timeout(Duration::from_millis(20), tour.service("hanging")?.get("/").send()).await;
            request.headers_mut().set("x-gave-up", format!("{},{}", never.is_err(), call.is_err()))?;
        }
        "in-time" => {
            let answer = timeout(Duration::from_secs(1), tour.service("auth")?.get("/token").send()).await;
            let answer = answer.map_err(|_| Error::new(ErrorKind::Timeout, "the token did not come"))??;
            request.headers_mut().set("x-body", answer.body())?;
        }
        "response-phase" => {
            let mut response = request.forward_and_wait().await;
            sleep(Duration::from_millis(20)).await;
            response.headers_mut().set("x-slept", "yes")?;
            return Ok(response.forward());
        }
        "background" => {
            request.background().spawn(async {
                sleep(Duration::from_millis(20)).await;
                Counter::new("tour.background").add(1);
            });
        }
        _ => {}
    }
    Ok(request.forward())
}
