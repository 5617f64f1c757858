//! The four phases of an exchange in one line of code after another: no hook has to be registered.

use plugin_core::prelude::*;

const LIMIT: usize = 16 << 10;

pub(crate) async fn visit(mut request: Request) -> Result<Flow> {
    request.headers_mut().set("x-phase", "request headers")?;

    let mut body = request.into_editable_body(LIMIT).await?;
    body.append(", request body")?;

    let mut response = body.forward_and_wait().await;
    response.headers_mut().set("x-phase", "response headers")?;

    let mut body = response.into_editable_body(LIMIT).await?;
    body.append(", response body")?;
    Ok(body.forward())
}
