//! The inspector: a page, and the same as JSON, that shows what the gateway is made of and what plugins did with the
//! last exchanges.
//!
//! It answers paths of the admin server and does no I/O of its own:
//!
//! | path | what it gives |
//! |---|---|
//! | `/inspector` | the page |
//! | `/inspector.json` | listeners, plugins, clusters, metrics, configuration |
//! | `/inspector/exchanges.json?plugin=&status=&path=` | the exchanges that are kept, the youngest first |
//! | `/inspector/exchanges/ID.json` | all that is known of one exchange |

mod filter;
mod page;
mod protection;
mod state;
mod summary;

use std::net::SocketAddr;
use std::sync::Arc;

pub use state::{PluginState, State};

use serde_json::{Value, json};

use crate::admin::{Pages, Reply};
use crate::process::MetricKind;
use crate::{Engine, trace};
use filter::Filter;

/// Answers the admin server's requests for the inspector.
pub struct Inspector {
    engine: Engine,
    state: Arc<dyn State>,
}

impl std::fmt::Debug for Inspector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inspector").finish_non_exhaustive()
    }
}

impl Inspector {
    /// The engine gives metrics and traces, `state` all else.
    pub fn new(engine: Engine, state: Arc<dyn State>) -> Self {
        Self { engine, state }
    }

    fn answer(&self, path_and_query: &str) -> Option<Reply> {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        match path {
            "/inspector.json" => Some(Reply::json(&self.overview())),
            "/inspector/exchanges.json" => Some(self.exchanges(query)),
            "/inspector/" => {
                let headers = vec![("location", "../inspector")];
                Some(Reply { headers, ..Reply::text("the page is at /inspector\n").with_status(308) })
            }
            _ => match path.strip_prefix("/inspector/exchanges/").and_then(|rest| rest.strip_suffix(".json")) {
                Some(id) => Some(self.exchange(id)),
                None => page::file(path),
            },
        }
    }

    fn traces(&self) -> &trace::Traces {
        &self.engine.process().traces
    }

    fn overview(&self) -> Value {
        let masks = self.traces().masks();
        let plugins = self.state.plugins().into_iter().map(|plugin| plugin.shown(masks)).collect::<Vec<_>>();
        let listeners = self.state.listeners();
        let listeners = listeners.iter().map(|it| json!({"name": it.name, "address": it.address.to_string()}));
        let clusters = self.state.clusters();
        let clusters = clusters.iter().map(|cluster| {
            let host = |(address, name): &(SocketAddr, String)| json!({"name": name, "address": address.to_string()});
            json!({"name": cluster.name, "hosts": cluster.hosts.iter().map(host).collect::<Vec<_>>()})
        });
        let metrics = self.engine.process().metrics.all().into_iter().map(|(name, kind, number, samples)| match kind {
            MetricKind::Counter => json!({"name": name, "kind": "counter", "value": number}),
            MetricKind::Gauge => json!({"name": name, "kind": "gauge", "value": number}),
            MetricKind::Histogram => json!({"name": name, "kind": "histogram", "sum": number, "samples": samples}),
        });
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "recording": self.recording(),
            "listeners": listeners.collect::<Vec<_>>(),
            "refused": self.state.refused().map(|why| masks.text(&why)),
            "plugins": plugins,
            "clusters": clusters.collect::<Vec<_>>(),
            "metrics": metrics.collect::<Vec<_>>(),
            "configuration": masks.json(&self.state.config_dump()),
        })
    }

    fn recording(&self) -> Value {
        json!({"keeps": self.traces().limit(), "seen": self.traces().begun()})
    }

    fn exchanges(&self, query: &str) -> Reply {
        let filter = match Filter::parse(query) {
            Ok(filter) => filter,
            Err(fault) => return refusal(400, &fault),
        };
        let all = self.traces().all();
        let shown = all
            .iter()
            .filter_map(|recording| recording.read(|record| filter.takes(record).then(|| summary::of(record))));
        Reply::json(&json!({"recording": self.recording(), "exchanges": shown.collect::<Vec<_>>()}))
    }

    fn exchange(&self, id: &str) -> Reply {
        let Some(recording) = id.parse().ok().and_then(|id| self.traces().get(id)) else {
            let keeps = self.traces().limit();
            let fault =
                format!("exchange {id:?} is not kept: only the last {keeps} are, see /inspector/exchanges.json");
            return refusal(404, &fault);
        };
        let record = recording.record();
        match serde_json::to_value(&record) {
            Ok(value) => Reply::json(&value),
            Err(error) => refusal(500, &format!("exchange {id} cannot be told as JSON: {error}")),
        }
    }
}

impl Pages for Inspector {
    fn respond(&self, path_and_query: &str) -> Option<Reply> {
        self.answer(path_and_query).map(protection::protected)
    }

    fn links(&self) -> Vec<(String, String)> {
        [
            ("/inspector", "plugins, and what they did with the last exchanges"),
            ("/inspector.json", "the same as JSON: listeners, plugins, clusters, metrics, configuration"),
            ("/inspector/exchanges.json", "the last exchanges as JSON; ?plugin=, ?status=, ?path="),
        ]
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .into()
    }
}

fn refusal(status: u16, text: &str) -> Reply {
    Reply::json(&json!({ "error": text })).with_status(status)
}
