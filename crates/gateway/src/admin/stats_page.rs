//! The metrics as text, as JSON and for Prometheus.

use std::fmt::Write;

use regex::Regex;
use serde_json::json;

use super::stats::Kind;
use super::{Admin, Reply};
use crate::process::MetricKind;

/// What Envoy puts before the names of plugins' metrics.
const OF_PLUGINS: &str = "wasmcustom.";

/// One metric to show.
struct Shown {
    name: String,
    value: Value,
}

enum Value {
    Number(Kind, u64),
    Histogram { samples: u64, sum: u64 },
}

/// Answers `/stats`; `path` may be that of Prometheus.
pub(super) fn page(admin: &Admin, prometheus: bool, query: &[(String, String)]) -> Reply {
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let filter = match value("filter").map(Regex::new).transpose() {
        Ok(filter) => filter,
        Err(error) => return Reply::text(format!("the filter is no regular expression: {error}\n")).with_status(400),
    };
    let mut metrics = all(admin);
    metrics.retain(|metric| filter.as_ref().is_none_or(|filter| filter.is_match(&metric.name)));
    metrics.sort_by(|one, other| one.name.cmp(&other.name));
    if value("usedonly").is_some() {
        metrics.retain(|metric| !matches!(metric.value, Value::Number(_, 0) | Value::Histogram { samples: 0, .. }));
    }
    match value("format") {
        Some("prometheus") => for_prometheus(&metrics),
        _ if prometheus => for_prometheus(&metrics),
        Some("json") => as_json(&metrics),
        None | Some("text") => as_text(&metrics),
        Some(other) => {
            let text = format!("found the format {other:?}, there are: text, json, prometheus\n");
            Reply::text(text).with_status(400)
        }
    }
}

fn all(admin: &Admin) -> Vec<Shown> {
    let own =
        admin.stats.all().into_iter().map(|(name, kind, number)| Shown { name, value: Value::Number(kind, number) });
    let of_plugins = admin.state.plugin_metrics().into_iter().map(|(name, kind, number, samples)| Shown {
        name: format!("{OF_PLUGINS}{name}"),
        value: match kind {
            MetricKind::Counter => Value::Number(Kind::Counter, number),
            MetricKind::Gauge => Value::Number(Kind::Gauge, number),
            MetricKind::Histogram => Value::Histogram { samples, sum: number },
        },
    });
    own.chain(of_plugins).collect()
}

fn as_text(metrics: &[Shown]) -> Reply {
    let line = |metric: &Shown| match &metric.value {
        Value::Number(_, number) => format!("{}: {number}\n", metric.name),
        Value::Histogram { samples: 0, .. } => format!("{}: No recorded values\n", metric.name),
        Value::Histogram { samples, sum } => format!("{}: samples {samples}, sum {sum}\n", metric.name),
    };
    Reply::text(metrics.iter().map(line).collect::<String>())
}

/// As on Envoy a histogram is no name with a value.
fn as_json(metrics: &[Shown]) -> Reply {
    let entry = |metric: &Shown| match &metric.value {
        Value::Number(_, number) => json!({ "name": metric.name, "value": number }),
        Value::Histogram { samples, sum } => {
            json!({ "histogram": { "name": metric.name, "samples": samples, "sum": sum } })
        }
    };
    Reply::json(&json!({ "stats": metrics.iter().map(entry).collect::<Vec<_>>() }))
}

fn for_prometheus(metrics: &[Shown]) -> Reply {
    let mut text = String::new();
    let mut last = String::new();
    let mut entries: Vec<_> =
        metrics.iter().filter_map(|metric| Some((series(&metric.name)?, &metric.value))).collect();
    // All values of a name must stand together.
    entries.sort_by(|((one, _), _), ((other, _), _)| one.cmp(other));
    for ((name, labels), value) in entries {
        let kind = match value {
            Value::Number(Kind::Counter, _) => "counter",
            Value::Number(Kind::Gauge, _) => "gauge",
            Value::Histogram { .. } => "summary",
        };
        // Writing to a string does not fail.
        if name != last {
            let _ = writeln!(text, "# TYPE {name} {kind}");
        }
        let _ = match value {
            Value::Number(_, number) => writeln!(text, "{name}{{{labels}}} {number}"),
            Value::Histogram { samples, sum } => writeln!(text, "{name}_sum{{}} {sum}\n{name}_count{{}} {samples}"),
        };
        last = name;
    }
    Reply { content_type: "text/plain; version=0.0.4", ..Reply::text(text) }
}

/// The name and the labels that Envoy makes of a metric's name; plugins' metrics keep theirs.
fn series(name: &str) -> Option<(String, String)> {
    if let Some(own) = name.strip_prefix(OF_PLUGINS) {
        let clean = clean(own);
        return (!clean.starts_with(|first: char| first.is_ascii_digit())).then_some((clean, String::new()));
    }
    let tagged = |prefix: &str, label: &str| {
        let (value, metric) = name.strip_prefix(prefix)?.rsplit_once('.')?;
        let label = format!("{label}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"));
        Some((format!("envoy_{}{}", clean(prefix), clean(metric)), label))
    };
    tagged("http.", "envoy_http_conn_manager_prefix")
        .or_else(|| tagged("cluster.", "envoy_cluster_name"))
        .or_else(|| Some((format!("envoy_{}", clean(name)), String::new())))
}

fn clean(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect()
}
