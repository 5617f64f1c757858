//! The end of a stream: all that happened is known, also when the client left early.

use plugin_core::metric::Counter;
use plugin_core::prelude::*;

pub(crate) async fn visit(step: &str, request: Request) -> Result<Flow> {
    let method = request.method();
    request.at_end(move |end| {
        Counter::new("tour.ends").add(1);
        let path = end.request_headers().get(":path").map(|path| path.to_string()).unwrap_or_default();
        log::info!(
            "end of {method} {path}: status {:?}, details {:?}, x-answer {:?}, took time: {}",
            end.status(),
            end.details().unwrap_or_default(),
            end.response_headers().get("x-answer").map(|value| value.to_string()),
            end.duration().is_some_and(|duration| !duration.is_zero()),
        );
    });
    match step {
        "forward" => Ok(request.forward()),
        "reply" => Ok(request.reply(Reply::text(403, "no").header("x-answer", "reply").details("turned_away"))),
        "response" => {
            let mut response = request.forward_and_wait().await;
            response.headers_mut().set("x-answer", "changed")?;
            Ok(response.forward())
        }
        _ => {
            sleep(Duration::from_secs(5)).await;
            Ok(request.forward())
        }
    }
}
