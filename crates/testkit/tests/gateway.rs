//! The gateway of the kit: routes, clusters, logs, metrics, refusals; a Lua filter stands in for a plugin.

use std::time::Duration;

use testkit::{Answer, Gateway, Httpbin, Plugin, Target, Upstream, VirtualHost, eventually};

fn lua(code: &str) -> String {
    let code = code.replace('\n', "\n      ");
    format!(
        "name: lua
typed_config:
  '@type': type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua
  default_source_code:
    inline_string: |
      {code}"
    )
}

#[test]
fn a_filter_changes_request_and_reply_and_calls_out() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let auth = Upstream::start(|_| Answer::ok("t0k"));
    let filter = lua(r#"function envoy_on_request(handle)
  local _, token = handle:httpCall("outbound|80||auth.static", {[":method"] = "GET", [":path"] = "/token", [":authority"] = "auth"}, "", 500)
  handle:headers():add("authorization", token)
  handle:logInfo("token fetched")
end
function envoy_on_response(handle)
  handle:headers():add("x-lua", "was here")
end"#);
    let gateway = Gateway::new()
        .filter_yaml(&filter)
        .upstream(&upstream)
        .cluster("outbound|80||auth.static", &auth)
        .log_level("lua", "info")
        .start();

    let reply = gateway.get("/orders").send();

    assert_eq!(reply.header_text("x-lua"), Some("was here"));
    assert_eq!(upstream.last().header_text("authorization"), Some("t0k"));
    assert_eq!(auth.only().path, "/token");
    assert!(gateway.log_contains("token fetched"));
}

#[test]
fn the_log_level_changes_while_it_runs() {
    let filter =
        lua("function envoy_on_request(handle)\n  handle:logDebug(\"path \" .. handle:headers():get(\":path\"))\nend");
    let gateway = Gateway::new().filter_yaml(&filter).log_level("lua", "warning").start();

    gateway.get("/quiet").send();
    gateway.set_log_level("lua", "debug");
    gateway.get("/loud").send();

    let line = gateway.wait_for_log("path /loud", Duration::from_secs(1));
    assert!(line.contains("[lua]"), "{line}");
    assert!(!gateway.log_contains("path /quiet"));
}

#[test]
fn routes_and_virtual_hosts_choose_the_cluster() {
    let shop = Upstream::start(|_| Answer::ok("shop"));
    let rest = Upstream::start(|_| Answer::ok("rest"));
    let gateway = Gateway::new()
        .upstream(&rest)
        .cluster("shop", &shop)
        .route("shop-by-path", "/shop", "shop")
        .virtual_host(VirtualHost::new("shop", &["shop.example"]).route("shop-by-domain", "/", "shop"))
        .access_log("%ROUTE_NAME% %UPSTREAM_CLUSTER%")
        .start();

    assert_eq!(gateway.get("/").send().text(), "rest");
    assert_eq!(gateway.get("/shop/1").send().text(), "shop");
    assert_eq!(gateway.get("/").header("host", "shop.example").send().text(), "shop");

    let lines = gateway.wait_for_access_log(3);
    assert_eq!(lines, ["default upstream", "shop-by-path shop", "shop-by-domain shop"]);
}

#[test]
fn dead_clusters_answer_503() {
    let gateway = Gateway::new()
        .upstream(Target::refused())
        .cluster("empty", Target::NoEndpoints)
        .route("empty", "/empty", "empty")
        .start();

    let refused = gateway.get("/").send();
    assert_eq!(refused.status, 503);
    assert!(refused.text().contains("connection failure"), "{refused:#?}");
    assert_eq!(gateway.get("/empty").send().text(), "no healthy upstream");
    assert_eq!(Gateway::new().start().get("/").send().status, 404);
}

#[test]
fn the_buffer_limit_holds() {
    let upstream = Upstream::start(|_| Answer::ok(""));
    let filter = lua("function envoy_on_request(handle)\n  handle:body()\nend");
    let gateway = Gateway::new().filter_yaml(&filter).upstream(&upstream).buffer_limit(32768).start();

    assert_eq!(gateway.post("/", "x".repeat(20_000)).send().status, 200);
    assert_eq!(gateway.post("/", "x".repeat(80_000)).send().status, 413);
    assert_eq!(upstream.count(), 1);
}

#[test]
fn a_refused_configuration_gives_its_log() {
    let broken_filter = Gateway::new().filter_yaml(&lua("this is no Lua")).try_start().unwrap_err();
    assert!(broken_filter.contains("script load error"), "{broken_filter}");

    let file = tempfile::NamedTempFile::new().unwrap();
    let no_module = Plugin::at("empty", file.path()).config_text("{}").allow_on_headers_stop_iteration().env("A", "b");
    let refusal = Gateway::new().with(no_module).try_start().unwrap_err();
    assert!(refusal.log.to_lowercase().contains("wasm"), "{refusal}");
    assert!(refusal.configuration.contains("allow_on_headers_stop_iteration: true"));
}

#[test]
fn httpbin_is_an_upstream() {
    let httpbin = Httpbin::start();
    let gateway = Gateway::new().upstream(&httpbin).start();

    let reply = gateway.post("/anything/x?a=1", "body").send();

    let echo = reply.json();
    assert_eq!((echo["data"].as_str(), echo["args"]["a"].as_str()), (Some("body"), Some("1")));
}

#[test]
fn a_gateway_leaves_nothing() {
    let gateway = Gateway::new().start();
    let address = gateway.address();
    drop(gateway);
    assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens after drop");
}

/// Runs itself once more in a process that aborts, as a crashed test run does.
#[test]
fn an_aborted_run_leaves_no_envoy() {
    const ABORTING: &str = "TESTKIT_ABORTING";
    if std::env::var_os(ABORTING).is_some() {
        let gateway = Gateway::new().start();
        println!("\nserving on {}", gateway.address());
        std::process::abort();
    }

    let folder = tempfile::tempdir().unwrap();
    let run = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "an_aborted_run_leaves_no_envoy", "--nocapture"])
        .env(ABORTING, "1")
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();

    let output = String::from_utf8(run.stdout).unwrap();
    let address = output.lines().find_map(|line| line.strip_prefix("serving on "));
    let address: std::net::SocketAddr = address.expect(&output).parse().unwrap();
    let gone = || std::net::TcpStream::connect(address).is_err().then_some(());
    eventually(Duration::from_secs(1), gone).expect("Envoy ends with the run that started it");
}
