//! The example and the README, proven on a real gateway.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

use serde_json::Value;
use testkit::{Answer, Gateway, Upstream, curl_i, prove_console};

const EXAMPLE: &str = include_str!("../example.yaml");
const READMES: [&str; 2] = [include_str!("../README.md"), include_str!("../README_ZH.md")];

fn example() -> Value {
    serde_yaml::from_str(EXAMPLE).expect("the example to be YAML")
}

#[testkit::scenario]
fn the_readmes_show_what_curl_prints() {
    let upstream = Upstream::start(|_| Answer::ok("upstream"));
    let gateway = Gateway::new().plugin("mock-response", example()).upstream(&upstream).start();
    for readme in READMES {
        prove_console(readme, |command| match command {
            "curl -i http://localhost:10000/orders" => curl_i(&gateway.get("/orders").send()),
            other => panic!("the test does not know the command: {other}"),
        });
    }
    assert_eq!(upstream.started(), 0);
}

#[testkit::scenario]
fn the_readmes_show_what_the_log_says() {
    let mut config = example();
    config["status"] = 1000.into();
    let log = Gateway::new().plugin("mock-response", config).try_start().expect_err("status 1000 to be refused").log;
    let fault = log.lines().find_map(|line| line.split_once("] configuration: ")).expect("a fault").1;
    for readme in READMES {
        assert!(readme.contains(fault), "a README does not show: {fault}");
    }
}
