//! The first page: what there is to see and to do.

use super::{Admin, Reply};

/// A path, the method that changes something by it, and what it does.
pub(super) const PATHS: [(&str, &str, &str); 10] = [
    ("/clusters", "GET", "clusters with their hosts; ?format=json"),
    ("/config_dump", "GET", "the configuration in force"),
    ("/help", "GET", "this list as text"),
    ("/listeners", "GET", "where clients connect; ?format=json"),
    ("/logging", "POST", "the log's levels; ?wasm=debug changes one, ?level=info all"),
    ("/quitquitquit", "POST", "ends the gateway"),
    ("/ready", "GET", "200 once clients are served"),
    ("/server_info", "GET", "version, state and uptime"),
    ("/stats", "GET", "metrics; ?filter=REGEX, ?usedonly, ?format=json"),
    ("/stats/prometheus", "GET", "metrics for Prometheus"),
];

pub(super) fn page(admin: &Admin) -> Reply {
    let links = admin.pages.as_ref().map(|pages| pages.links()).unwrap_or_default();
    let others = links.iter().map(|(path, text)| link(path, text));
    let own = PATHS.iter().map(|(path, method, text)| match *method {
        "POST" => format!(
            "<tr><td><form method=\"post\" action=\"{path}\"><button>POST {path}</button></form></td><td>{text}</td></tr>\n"
        ),
        _ => link(path, text),
    });
    let rows: String = others.chain(own).collect();
    Reply::html(format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>gateway</title><style>\
         body{{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:50rem;padding:0 1rem}}\
         td{{padding:.2rem 1rem .2rem 0}}form{{margin:0}}</style></head>\n\
         <body><h1>gateway</h1><table>\n{rows}</table></body></html>\n"
    ))
}

fn link(path: &str, text: &str) -> String {
    format!("<tr><td><a href=\"{0}\">{0}</a></td><td>{1}</td></tr>\n", escape(path), escape(text))
}

/// All paths as text.
pub(super) fn help() -> String {
    PATHS.map(|(path, method, text)| format!("  {method} {path}: {text}\n")).concat()
}

/// What a path that does not exist is answered with.
pub(super) fn missing(path: &str) -> Reply {
    Reply::text(format!("there is no {path}; there are:\n{}", help())).with_status(404)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
