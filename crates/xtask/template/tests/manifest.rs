//! The manifest that operators install: its default and its rule, seen by an upstream.

use testkit::{Answer, Gateway, Upstream};

const NAME: &str = "{{name}}";

#[testkit::scenario(higress)]
fn the_manifest_marks_what_its_default_and_its_rule_say() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let manifest = format!("deploy/base/{NAME}.yaml");
    let gateway = Gateway::new().manifest(NAME, manifest).upstream(&upstream).start();
    for (host, mark) in
        [("a.example.com", format!("by {NAME}")), ("shop.example.com", format!("by {NAME} for the shop"))]
    {
        gateway.get("/").header("host", host).send();
        assert_eq!(upstream.last().header_text("x-marked"), Some(mark.as_str()), "{host}");
    }
}
