//! The example and the README, proven on a real gateway.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test that panics is a test that fails")]

use serde_json::{Value, json};
use testkit::{Answer, Gateway, Upstream, prove_console};

const EXAMPLE: &str = include_str!("../example.yaml");
const READMES: [&str; 2] = [include_str!("../README.md"), include_str!("../README_ZH.md")];

fn example() -> Value {
    serde_yaml::from_str(EXAMPLE).expect("the example to be YAML")
}

#[test]
fn the_readmes_show_what_curl_prints() {
    let auth = Upstream::start(|_| Answer::ok("").header("x-token", "t-1"));
    // Shows the headers it got, in httpbin's form.
    let upstream = Upstream::start(|seen| {
        let token = seen.header_text("x-token").expect("a token");
        Answer::json(&json!({"headers": {"X-Token": token}}))
    });
    let gateway = Gateway::new()
        .plugin("token-fetcher", example())
        .cluster("outbound|80||auth.static", &auth)
        .upstream(&upstream)
        .start();
    for readme in READMES {
        prove_console(readme, |command| match command {
            "curl -H 'x-token: forged' http://localhost:10000/headers" => {
                let reply = gateway.get("/headers").header("x-token", "forged").send();
                let json: Value = serde_json::from_slice(&reply.body).expect("JSON");
                format!("{}\n", serde_json::to_string_pretty(&json).expect("JSON"))
            }
            other => panic!("the test does not know the command: {other}"),
        });
    }
}

#[test]
fn the_readmes_show_what_the_log_says() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Gateway::new().plugin("token-fetcher", example()).upstream(&upstream).start();
    gateway.get("/").send();
    let line = gateway.wait_for_log("no such cluster", std::time::Duration::from_secs(5));
    let message = line.split_once("cluster \"").expect("a cluster").1;
    let mut config = example();
    config["requestPath"] = "".into();
    let log = Gateway::new().plugin("token-fetcher", config).try_start().expect_err("no path to be refused").log;
    let fault = log.lines().find_map(|line| line.split_once("] configuration: ")).expect("a fault").1;
    for readme in READMES {
        assert!(readme.contains(fault), "a README does not show: {fault}");
        assert!(readme.contains(message), "a README does not show: {message}");
    }
}
