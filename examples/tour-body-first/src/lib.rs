//! Bodies before headers: the whole message is in hand at once. The path chooses the step, as in `tour`.

use plugin_core::prelude::*;

/// Larger bodies are refused with 413.
const LIMIT: usize = 64 << 10;

/// Whom to ask for `/call`.
#[derive(Debug, Deserialize)]
pub struct BodyFirst {
    service: Option<Service>,
}

impl Plugin for BodyFirst {
    // Header state `StopIteration`: the headers wait, the body comes.
    const ABI: Abi = Abi::V0_2_100;

    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        match request.path().as_str() {
            "/response" => response(request).await,
            "/call-first" => {
                let mark = self.mark().await?;
                let mut request = request.collect(LIMIT).await?;
                request.append_body(mark)?;
                Ok(request.forward())
            }
            step => {
                let mut request = request.collect(LIMIT).await?;
                let length = request.body().len().to_string();
                request.headers_mut().set("x-length", length)?;
                match step {
                    "/append" => request.append_body(" and more")?,
                    "/prepend" => request.prepend_body("more and ")?,
                    "/replace" => request.replace_body("something else")?,
                    "/route" => request.headers_mut().set(":path", "/chosen-by-body")?,
                    "/call-last" => {
                        let mark = self.mark().await?;
                        request.append_body(mark)?;
                    }
                    "/trailers" => {
                        if let Some(mut trailers) = request.trailers_mut() {
                            trailers.set("x-by", "tour")?;
                        }
                    }
                    "/reply" => return Ok(request.reply(Reply::text(422, "no").details("read_it"))),
                    "/response-after" => {
                        let mut response = request.forward_and_wait().await;
                        response.headers_mut().set("x-by", "tour")?;
                        return Ok(response.forward());
                    }
                    _ => {}
                }
                Ok(request.forward())
            }
        }
    }
}

impl BodyFirst {
    async fn mark(&self) -> Result<Vec<u8>> {
        let service = self.service.as_ref().ok_or_else(|| Error::other("`service` is not configured"))?;
        Ok(service.cluster().get("/mark").send().await?.body().to_vec())
    }
}

/// The response's headers wait for its body in the same way.
async fn response(request: Request) -> Result<Flow> {
    let mut response = request.forward_and_wait().await.collect(LIMIT).await?;
    let length = response.body().len().to_string();
    response.headers_mut().set("x-length", length)?;
    if response.body().starts_with(b"broken") {
        return Ok(response.reply(Reply::text(502, "the upstream is broken").details("broken_body")));
    }
    response.append_body(" and more")?;
    Ok(response.forward())
}

register!(BodyFirst, "tour-body-first");
