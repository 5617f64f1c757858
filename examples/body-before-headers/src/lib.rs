//! Reads the request body before it decides where the request goes: the `tenant` of a JSON body becomes a header.

use plugin_core::prelude::*;

/// Bodies above this size are refused with 413.
const LIMIT: usize = 64 << 10;

/// No configuration.
#[derive(Debug, Deserialize)]
pub struct BodyBeforeHeaders;

#[derive(Deserialize)]
struct Order {
    tenant: String,
}

impl Plugin for BodyBeforeHeaders {
    // Headers that wait for their body need Higress's ABI; on stock Envoy, `allow_on_headers_stop_iteration: true`.
    const ABI: Abi = Abi::V0_2_100;

    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        let mut request = request.collect(LIMIT).await?;
        let Ok(order) = serde_json::from_slice::<Order>(request.body()) else {
            return Ok(request.reply(Reply::text(400, "the body must be JSON with a tenant\n").details("no_tenant")));
        };
        request.headers_mut().set("x-tenant", order.tenant)?;
        Ok(request.forward())
    }
}

register!(BodyBeforeHeaders, "body-before-headers");
