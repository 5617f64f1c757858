//! What lies outside the message: properties, metrics, data that all workers share.

use plugin_core::metric::{Counter, Gauge, Histogram};
use plugin_core::prelude::*;
use plugin_core::property;
use plugin_core::shared::{SharedError, SharedStore};

pub(crate) fn visit(step: &str, request: Request) -> Result<Flow> {
    match step {
        "properties" => {
            let unknown = || "unknown".to_owned();
            let found = [
                property::route_name().unwrap_or_else(unknown),
                property::cluster_name().unwrap_or_else(unknown),
                property::source_address().unwrap_or_else(unknown),
                property::request_id().unwrap_or_else(unknown),
                property::string(&["no", "such", "property"]).unwrap_or_else(unknown),
            ];
            // Shown by `%FILTER_STATE(wasm.tour:PLAIN)%` in access logs.
            property::set("tour", "was here").map_err(|status| Error::new(ErrorKind::Host, status.to_string()))?;
            Ok(request.reply(Reply::text(200, found.join("\n"))))
        }
        "metrics" => {
            Counter::new("tour.counter").add(2);
            Gauge::new("tour.gauge").set(7);
            Histogram::new("tour.histogram_ms").record(5);
            Ok(request.reply(Reply::text(200, Counter::new("tour.counter").value().to_string())))
        }
        "shared" => {
            let count = count_up(&SharedStore::new("tour", 16))?;
            Ok(request.reply(Reply::text(200, count.to_string())))
        }
        _ => Ok(request.forward()),
    }
}

/// One number for all workers: read it, and write it back only if nobody else has meanwhile.
fn count_up(store: &SharedStore) -> Result<u32> {
    for _ in 0..100 {
        let (value, version) = store.get_versioned("count");
        let count = value.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok()).unwrap_or(0_u32);
        let next = count.saturating_add(1);
        match store.compare_and_swap("count", next.to_string().as_bytes(), version) {
            Ok(()) => return Ok(next),
            Err(SharedError::Changed) => {}
            Err(error) => return Err(Error::other(error.to_string())),
        }
    }
    Err(Error::other("the shared count never stood still"))
}
