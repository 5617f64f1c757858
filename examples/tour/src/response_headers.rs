//! Response headers: `forward_and_wait` gives them, from the upstream or from the gateway itself.

use plugin_core::prelude::*;

pub(crate) async fn visit(step: &str, request: Request) -> Result<Flow> {
    let mut response = request.forward_and_wait().await;
    match step {
        "get-all" => {
            let names: Vec<String> = response.headers().to_vec().into_iter().map(|(name, _)| name).collect();
            response.headers_mut().set("x-names", names.join(","))?;
        }
        "replace-all" => {
            let mut headers = response.headers().to_vec();
            headers.retain(|(name, _)| matches!(name.as_str(), ":status" | "content-length" | "x-keep"));
            headers.push(("x-new".to_owned(), b"1".to_vec().into()));
            response.headers_mut().replace_all(&headers)?;
        }
        "get" => {
            if let Some(value) = response.headers().get("x-value") {
                response.headers_mut().set("x-copy", value)?;
            }
        }
        "get-every-value" => {
            for value in response.headers().get_all("x-value") {
                response.headers_mut().append("x-copy", value)?;
            }
        }
        "remove" => response.headers_mut().remove("x-value")?,
        "replace" => response.headers_mut().set("x-value", "replaced")?,
        "add" => response.headers_mut().append("x-value", "added")?,
        "status" => {
            let found = response.status();
            response.headers_mut().set("x-status-was", found.to_string())?;
            response.set_status(203)?;
        }
        "origin" => {
            let whose = if response.is_from_upstream() { "upstream" } else { "gateway" };
            response.headers_mut().set("x-from", whose)?;
        }
        _ => {}
    }
    Ok(response.forward())
}
