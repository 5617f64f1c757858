//! The built greeter in a real Envoy and in the local gateway.

use serde_json::json;
use testkit::{Answer, Gateway, Upstream};

#[testkit::scenario]
fn greets_by_name_and_marks_the_response() {
    let names = Upstream::start(|_| Answer::status(200).header("x-name", "Ada"));
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let config = json!({"service": {"serviceName": "names.static"}, "requestPath": "/me"});
    let gateway = Gateway::new()
        .plugin("greeter", config)
        .cluster("outbound|80||names.static", &names)
        .upstream(&upstream)
        .start();

    let reply = gateway.get("/orders").send();

    assert_eq!(reply.header_text("x-greeted"), Some("yes"));
    assert_eq!(upstream.last().header_text("x-greeting"), Some("hello Ada"));
    assert_eq!(names.last().path, "/me");
}
