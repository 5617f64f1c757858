//! The example and the README, proven on a real gateway in front of a real httpbin.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

use serde_json::{Value, json};
use testkit::{Gateway, Httpbin, curl_i, prove_console};

const EXAMPLE: &str = include_str!("../example.yaml");
const READMES: [&str; 2] = [include_str!("../README.md"), include_str!("../README_ZH.md")];

fn example() -> Value {
    serde_yaml::from_str(EXAMPLE).expect("the example to be YAML")
}

/// On Envoy: it is its order of headers that the READMEs show.
#[test]
fn the_readmes_show_what_curl_prints() {
    let httpbin = Httpbin::start();
    let gateway = Gateway::new().plugin("header-injector", example()).upstream(&httpbin).start();
    let get = |path: &str| gateway.get(path).header("host", "localhost:10000").header("accept", "*/*");
    for readme in READMES {
        prove_console(readme, |command| match command {
            "curl -H 'x-user-id: 1' -H 'x-token: Bearer abc' http://localhost:10000/headers" => {
                get("/headers").header("x-user-id", "1").header("x-token", "Bearer abc").send().text().to_owned()
            }
            "curl -i http://localhost:10000/status/200" => curl_i(&get("/status/200").send()),
            other => panic!("the test does not know the command: {other}"),
        });
    }
}

#[testkit::scenario]
fn the_readmes_show_what_the_log_says() {
    let mut config = example();
    config["request"][2] = json!({"set": {"name": ":host", "value": "a"}});
    let log = Gateway::new().plugin("header-injector", config).try_start().expect_err("`:host` to be refused").log;
    let fault = log.lines().find_map(|line| line.split_once("] configuration: ")).expect("a fault").1;
    for readme in READMES {
        assert!(readme.contains(fault), "a README does not show: {fault}");
    }
}
