//! The values that Envoy's format operators stand for.

use std::time::SystemTime;

use super::exchange::Record;
use super::site::Site;
use crate::bootstrap::{Action, Found, Operator};
use crate::headers::Headers;
use crate::log;

/// What an operator stands for in this exchange; `None` where the exchange does not have it.
pub(super) fn value(site: &Site, found: Option<Found<'_>>, record: &Record, operator: &Operator) -> Option<String> {
    let argument = operator.argument.as_deref();
    match operator.name {
        "BYTES_RECEIVED" => Some(record.received.to_string()),
        "BYTES_SENT" => Some(record.sent.to_string()),
        "DOWNSTREAM_LOCAL_ADDRESS" => Some(record.peer.local.to_string()),
        "DOWNSTREAM_REMOTE_ADDRESS" => Some(record.peer.remote.to_string()),
        "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT" => Some(record.peer.remote.ip().to_string()),
        "DURATION" => Some(record.took?.as_millis().to_string()),
        "FILTER_STATE" => filter_state(record, argument?),
        "PROTOCOL" => Some(record.protocol_name().to_owned()),
        "REQ" => header(Some(&record.request), argument?),
        "RESP" => header(record.response.as_ref(), argument?),
        "TRAILER" => header(record.response_trailers.as_ref(), argument?),
        "RESPONSE_CODE" => Some(record.status().unwrap_or_default().to_string()),
        "RESPONSE_CODE_DETAILS" => record.details.clone(),
        "RESPONSE_FLAGS" => record.flags.letters(),
        "ROUTE_NAME" => found.map(|found| found.route.name.clone()).filter(|name| !name.is_empty()),
        "START_TIME" => Some(time(record.started, argument)),
        "UPSTREAM_CLUSTER" => match &found?.route.action {
            Action::Route(action) => site.clusters.get(&action.cluster).map(|_| action.cluster.clone()),
            Action::DirectResponse(_) | Action::Redirect(_) => None,
        },
        "UPSTREAM_HOST" => Some(record.upstream?.to_string()),
        _ => None,
    }
}

/// `NAME?OTHER`: the first header that is there.
fn header(headers: Option<&Headers>, names: &str) -> Option<String> {
    let headers = headers?;
    names.split('?').find_map(|name| {
        let value = headers.get(name.to_ascii_lowercase().as_bytes())?;
        Some(String::from_utf8_lossy(value).into_owned())
    })
}

/// `wasm.NAME:PLAIN` is the property that a plugin has set; without `PLAIN` it is written as JSON.
fn filter_state(record: &Record, argument: &str) -> Option<String> {
    let (key, kind) = argument.split_once(':').unwrap_or((argument, ""));
    let value = record.state(key.as_bytes())?.encode()?;
    let text = String::from_utf8_lossy(&value);
    if kind == "PLAIN" { Some(text.into_owned()) } else { serde_json::to_string(&text).ok() }
}

fn time(time: SystemTime, pattern: Option<&str>) -> String {
    let pattern = pattern.filter(|it| !it.is_empty()).unwrap_or("%Y-%m-%dT%H:%M:%S.%3fZ");
    // A log's lines name parts of a second otherwise.
    let pattern = pattern.replace("%3f", "%e").replace("%6f", "%f");
    let line = log::Line { time, level: log::Level::Info, component: "", text: format_args!("") };
    log::Format::from(pattern.as_str()).line(&line, false)
}
