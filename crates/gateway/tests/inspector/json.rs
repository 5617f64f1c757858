//! The inspector as JSON.

use gateway::admin::Pages;
use serde_json::{Value, json};

use super::server::{exchanges, inspector};

fn get(inspector: &gateway::inspector::Inspector, path: &str) -> (u16, Value) {
    let reply = inspector.respond(path).unwrap_or_else(|| panic!("{path} is not the inspector's"));
    (reply.status, serde_json::from_slice(&reply.body).unwrap())
}

#[test]
fn the_overview_tells_what_the_gateway_is_made_of_without_secrets() {
    let (_engine, inspector) = inspector(5);
    let (status, all) = get(&inspector, "/inspector.json");
    assert_eq!(status, 200);
    assert_eq!(all["recording"], json!({"keeps": 5, "seen": 0}));
    assert_eq!(all["listeners"][0]["address"], "0.0.0.0:10000");
    assert_eq!(all["plugins"][1]["configuration"], json!({"tokenHeader": "x-t", "password": "*** (6 bytes)"}));
    assert_eq!(all["plugins"][2]["configuration"], Value::Null);
    assert_eq!(all["clusters"][0]["hosts"][0], json!({"name": "localhost", "address": "127.0.0.1:8080"}));
    let histogram = json!({"name": "wasmcustom.seen", "kind": "histogram", "sum": 42, "samples": 1});
    assert!(all["metrics"].as_array().unwrap().contains(&histogram), "{}", all["metrics"]);
    assert!(!all.to_string().contains("S3CR3T"), "{all}");
}

#[test]
fn exchanges_are_listed_filtered_and_told_one_by_one() {
    let (engine, inspector) = inspector(5);
    exchanges(&engine);
    let ids = |query: &str| -> Vec<u64> {
        let (status, list) = get(&inspector, &format!("/inspector/exchanges.json{query}"));
        assert_eq!(status, 200, "{list}");
        list["exchanges"].as_array().unwrap().iter().map(|it| it["id"].as_u64().unwrap()).collect()
    };
    assert_eq!(ids(""), [5, 4, 3, 2, 1]);
    assert_eq!(ids("?plugin=key-auth"), [2]);
    assert_eq!(ids("?plugin=headers&status=2xx"), [1]);
    assert_eq!(ids("?status=418"), [2]);
    assert_eq!(ids("?status=pending"), [3]);
    assert_eq!(ids("?status=broken"), [5]);
    assert_eq!(ids("?path=get"), [3, 2, 1]);

    let (_, list) = get(&inspector, "/inspector/exchanges.json?status=pending");
    let waiting = &list["exchanges"][0];
    assert_eq!(waiting["waits_for"], json!({"plugin": "token", "cluster": "some-cluster"}));
    let (status, one) = get(&inspector, "/inspector/exchanges/2.json");
    assert_eq!((status, &one["reply"]["plugin"]), (200, &json!("key-auth")));
    assert!(
        one["events"].as_array().unwrap().iter().any(|it| it["kind"] == "callback" && it["asked"] == json!(["reply"]))
    );
}

#[test]
fn what_is_not_there_is_told_with_what_to_do() {
    let (engine, inspector) = inspector(5);
    for _ in 0..7 {
        engine.process().traces.begin();
    }
    for id in ["1", "8", "x", "-1", ""] {
        let (status, fault) = get(&inspector, &format!("/inspector/exchanges/{id}.json"));
        assert_eq!(status, 404);
        assert!(fault["error"].as_str().unwrap().contains("only the last 5 are"), "{fault}");
    }
    let (status, fault) = get(&inspector, "/inspector/exchanges.json?status=odd");
    assert!(status == 400 && fault["error"].as_str().unwrap().contains("4xx"), "{fault}");
    for path in ["/", "/stats", "/inspectors", "/inspector/nothing", "/inspector.json/x"] {
        assert_eq!(inspector.respond(path), None, "{path}");
    }
}

#[test]
fn every_answer_forbids_what_is_not_its_own() {
    let (_engine, inspector) = inspector(5);
    for path in
        ["/inspector", "/inspector/main.js", "/inspector/style.css", "/inspector.json", "/inspector/exchanges/9.json"]
    {
        let reply = inspector.respond(path).unwrap();
        let header = |name| reply.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let policy = header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(header("cache-control"), Some("no-store"));
        let text = String::from_utf8(reply.body.to_vec()).unwrap();
        assert!(!text.contains("http://") || path.ends_with(".js"), "{path} names another place");
    }
    let moved = inspector.respond("/inspector/").unwrap();
    assert!(moved.status == 308 && moved.headers.contains(&("location", "../inspector")));
}
