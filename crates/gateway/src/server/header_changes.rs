//! What routes do to headers on the way to the upstream and back.

use super::exchange::{Live, Record};
use super::format;
use crate::bootstrap::{AppendAction, Found, HeaderChanges, HeaderToAdd};
use crate::headers::Headers;

/// Changes a request as its route wants it: path, host, headers.
pub(super) fn to_request(live: &Live, host: Option<&str>) {
    let Some(found) = live.route(None) else { return };
    let mut record = live.record.borrow_mut();
    for changes in levels(live, found) {
        for name in &changes.request_remove {
            record.request.remove(name.as_bytes());
        }
        for header in &changes.request_add {
            let value = value(live, found, &record, header);
            add(&mut record.request, header, &value);
        }
    }
    let path = record.request.get(b":path").map(|it| String::from_utf8_lossy(it).into_owned()).unwrap_or_default();
    let rewritten = found.route.upstream_path(&path);
    if rewritten != path {
        record.request.set(b":path", rewritten.as_bytes());
        record.request.set(b"x-envoy-original-path", path.as_bytes());
    }
    if let Some(host) = host {
        let old = record.request.get(b":authority").map(<[u8]>::to_vec).unwrap_or_default();
        record.request.set(b"x-envoy-original-host", &old);
        record.request.set(b":authority", host.as_bytes());
    }
}

/// Changes a response as its route wants it.
pub(super) fn to_response(live: &Live, headers: &mut Headers) {
    let Some(found) = live.route(None) else { return };
    let record = live.record.borrow();
    for changes in levels(live, found) {
        for name in &changes.response_remove {
            headers.remove(name.as_bytes());
        }
        for header in &changes.response_add {
            let value = value(live, found, &record, header);
            add(headers, header, &value);
        }
    }
}

/// From the most specific to the most general.
fn levels<'a>(live: &'a Live, found: Found<'a>) -> [&'a HeaderChanges; 3] {
    [&found.route.headers, &found.virtual_host.headers, &live.site.listener.manager.routes.headers]
}

fn value(live: &Live, found: Found<'_>, record: &Record, header: &HeaderToAdd) -> String {
    header.value.render("", |operator| format::value(live.site.as_ref(), Some(found), record, operator))
}

fn add(headers: &mut Headers, header: &HeaderToAdd, value: &str) {
    if value.is_empty() && !header.keep_empty_value {
        return;
    }
    let (name, value) = (header.name.as_bytes(), value.as_bytes());
    let known = headers.get(name).is_some();
    match header.action {
        AppendAction::AppendIfExistsOrAdd => headers.add(name, value),
        AppendAction::AddIfAbsent if known => {}
        AppendAction::OverwriteIfExists if !known => {}
        AppendAction::AddIfAbsent | AppendAction::OverwriteIfExists | AppendAction::OverwriteIfExistsOrAdd => {
            headers.set(name, value);
        }
    }
}
