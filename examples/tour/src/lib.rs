//! Every tool once. The path chooses: `/request-headers/get` runs step `get` of the group `request-headers`.
//!
//! One file a group. What needs the body before the headers are gone is in the sister plugin `tour-body-first`.

mod calls;
mod end;
mod hooks;
mod replies;
mod request_body;
mod request_headers;
mod response_body;
mod response_headers;
mod state;
mod time;

use plugin_core::metric::{Counter, Gauge};
use plugin_core::prelude::*;
use std::collections::BTreeMap;

/// The services that the group `calls` may ask, by a name of their own.
#[derive(Debug, Deserialize)]
pub struct Tour {
    #[serde(default)]
    services: BTreeMap<String, Service>,
}

impl Plugin for Tour {
    fn on_start(self: Rc<Self>, background: Background) {
        log::info!("started with {} services", self.services.len());
        background.spawn(time::heartbeat());
    }

    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        let _live = Live::count();
        let path = request.path();
        let (group, step) = path.trim_start_matches('/').split_once('/').unwrap_or((&path, ""));
        match group {
            "hooks" => hooks::visit(request).await,
            "request-headers" => request_headers::visit(step, request),
            "request-body" => request_body::visit(step, request, &self).await,
            "response-headers" => response_headers::visit(step, request).await,
            "response-body" => response_body::visit(step, request, &self).await,
            "calls" => calls::visit(step, request, &self).await,
            "replies" => replies::visit(step, request, &self).await,
            "time" => time::visit(step, request, &self).await,
            "state" => state::visit(step, request),
            "end" => end::visit(step, request).await,
            _ => Ok(request.forward()),
        }
    }
}

impl Tour {
    /// The service with this name in the configuration.
    fn service(&self, name: &str) -> Result<&plugin_core::http::Cluster> {
        let service = self.services.get(name);
        service.map(Service::cluster).ok_or_else(|| Error::other(format!("no service {name:?} in `services`")))
    }
}

/// Counts the exchanges whose future is alive: it is dropped at the end, whatever ends it.
struct Live;

impl Live {
    fn count() -> Self {
        Counter::new("tour.exchanges").add(1);
        Gauge::new("tour.live").add(1);
        Self
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        Gauge::new("tour.live").add(-1);
    }
}

register!(Tour, "tour");
