//! Which path is answered how.

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Method};
use serde_json::json;

use super::{Admin, Reply, clusters, index, listeners, logging, stats_page};

/// Answers a request; bodies are not read, parameters stand in the query.
pub(super) fn answer(admin: &Admin, request: &Parts) -> Reply {
    let (path, query) = (request.uri.path(), request.uri.query().unwrap_or_default());
    let guarded = request.method == Method::POST || path == "/config_dump" || path.starts_with("/inspector");
    if guarded && !names_an_address(&request.headers) {
        let text = "this page is only shown under an IP address or localhost, not under another host name\n";
        return Reply::text(text).with_status(403);
    }
    let reads = matches!(request.method, Method::GET | Method::HEAD);
    if reads
        && let Some(pages) = &admin.pages
        && let Some(reply) = pages.respond(request.uri.path_and_query().map_or("/", |it| it.as_str()))
    {
        return reply;
    }
    let wanted = match index::PATHS.iter().find(|(known, _, _)| *known == path) {
        Some((_, method, _)) => *method,
        None if path == "/" => "GET",
        None => return index::missing(path),
    };
    let fits = if wanted == "GET" { reads } else { request.method == wanted };
    if !fits {
        return Reply::text(format!("Method {} not allowed, {wanted} required.", request.method)).with_status(405);
    }
    if wanted == "POST" && from_another_site(&request.headers) {
        return Reply::text("a page of another site may not change this gateway\n").with_status(403);
    }
    let parameters: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let json = parameters.iter().any(|(key, value)| key == "format" && value == "json");
    let state = &admin.state;
    match path {
        "/clusters" => clusters::page(&state.clusters(), json),
        "/config_dump" => Reply::json(&state.config_dump()),
        "/help" => Reply::text(index::help()),
        "/listeners" => listeners::page(&state.listeners(), json),
        "/logging" => logging::page(&admin.log, &parameters),
        "/quitquitquit" => {
            state.quit();
            Reply::text("OK\n")
        }
        "/ready" if state.is_ready() => Reply::text("LIVE\n"),
        "/ready" => Reply::text("PRE_INITIALIZING\n").with_status(503),
        "/server_info" => server_info(admin),
        "/stats" => stats_page::page(admin, false, &parameters),
        "/stats/prometheus" => stats_page::page(admin, true, &parameters),
        _ => index::page(admin),
    }
}

fn server_info(admin: &Admin) -> Reply {
    let uptime = format!("{}s", admin.started.elapsed().as_secs());
    Reply::json(&json!({
        "version": concat!("gateway/", env!("CARGO_PKG_VERSION")),
        "state": if admin.state.is_ready() { "LIVE" } else { "PRE_INITIALIZING" },
        "uptime_current_epoch": uptime,
        "uptime_all_epochs": uptime,
    }))
}

/// Whether the client asked for an IP address or `localhost`. Any other name may be one that its owner has pointed at
/// this machine, so that a page of theirs counts as one of this site (DNS rebinding). Browsers always send a host.
fn names_an_address(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST) else { return true };
    let Some(host) = host.to_str().ok().and_then(|it| it.parse::<Authority>().ok()) else { return false };
    let name = host.host();
    let ip = name.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || ip.parse::<IpAddr>().is_ok()
}

/// Browsers tell where a POST comes from; programs say nothing of it.
fn from_another_site(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    headers.contains_key(ORIGIN)
        && text(ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, host)| host) != text(HOST)
}
