//! Calls to services: an ordinary value comes back, or an error that says what to mend.

use crate::Tour;
use plugin_core::prelude::*;

pub(crate) async fn visit(step: &str, mut request: Request, tour: &Tour) -> Result<Flow> {
    match step {
        "dispatch" => {
            let auth = tour.service("auth")?;
            let call = auth.post("/check?deep=a%2Fb").header("x-path", request.path_and_query()).body("who is it?");
            let answer = call.authority("auth.example").timeout(Duration::from_secs(1)).send().await?;
            request.headers_mut().set("x-status", answer.status().to_string())?;
        }
        "response-headers" => {
            let answer = tour.service("auth")?.get("/token").send().await?;
            let token = answer.require_header("x-token")?;
            let names: Vec<String> = answer.headers().into_iter().map(|(name, _)| name).collect();
            request.headers_mut().set("x-token", token)?;
            request.headers_mut().set("x-names", names.join(","))?;
        }
        "response-body" => {
            let answer = tour.service("auth")?.get("/token").send().await?;
            request.headers_mut().set("x-body", answer.body())?;
        }
        "response-trailers" => {
            let answer = tour.service("auth")?.get("/trailers").send().await?;
            for (name, value) in answer.trailers() {
                request.headers_mut().append(&format!("x-trailer-{name}"), value)?;
            }
        }
        "in-turn" => {
            let first = tour.service("auth")?.get("/first").send().await?;
            let second = tour.service("auth")?.get("/second").header("x-first", first.body()).send().await?;
            request.headers_mut().set("x-body", second.body())?;
        }
        "at-once" => {
            let auth = tour.service("auth")?;
            let answers = join_all(["/slow/a", "/slow/b", "/slow/c"].map(|path| auth.get(path).send())).await;
            for answer in answers {
                request.headers_mut().append("x-body", answer?.body())?;
            }
        }
        "response-phase" => {
            let mut response = request.forward_and_wait().await;
            let answer = tour.service("auth")?.get("/late").send().await?;
            response.headers_mut().set("x-body", answer.body())?;
            return Ok(response.forward());
        }
        "retry" => {
            let flaky = tour.service("flaky")?;
            let retry = Backoff::new(3, Duration::from_millis(10));
            let answer = retry.run(|| async { flaky.get("/flaky").send().await?.require_status(200) }).await?;
            request.headers_mut().set("x-body", answer.body())?;
        }
        "ask" => return ask(request, tour).await,
        _ => {}
    }
    Ok(request.forward())
}

/// Asks the service that the query names and tells the client how it went.
async fn ask(request: Request, tour: &Tour) -> Result<Flow> {
    let name = request.query().unwrap_or_default();
    let asked = tour.service(&name)?.get("/").timeout(Duration::from_millis(200)).send().await;
    let told = match asked {
        Ok(answer) => format!("answered {} with {} bytes", answer.status(), answer.body().len()),
        Err(error) => format!("{}: {error}", error.kind().as_str()),
    };
    Ok(request.reply(Reply::text(200, told)))
}
