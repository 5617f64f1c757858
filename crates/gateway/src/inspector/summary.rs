//! One exchange as one line of a list.

use serde_json::{Value, json};

use crate::trace::{Happened, Record};

pub(super) fn of(record: &Record) -> Value {
    let waits_for = record.events.iter().rev().find_map(|event| match &event.happened {
        Happened::Call(call) if call.result.is_none() => Some(json!({"plugin": event.plugin, "cluster": call.cluster})),
        _ => None,
    });
    json!({
        "id": record.id,
        "began": record.began,
        "method": record.method,
        "authority": record.authority,
        "path": record.path,
        "status": record.status,
        "outcome": record.outcome,
        "took": record.took,
        "replied_by": record.reply.as_ref().map(|reply| reply.plugin.as_deref().unwrap_or("gateway")),
        "upstream": record.upstream.as_ref().map(|upstream| &upstream.host),
        "plugins": record.plugins(),
        "calls": record.calls(),
        "worst_level": record.worst_level(),
        "waits_for": waits_for,
    })
}
