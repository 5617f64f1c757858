//! One plugin twice in the filter chain: two configurations in one VM, each exchange in both.

use std::time::Duration;

use serde_json::json;
use testkit::{Answer, Gateway, Plugin, RunningGateway, Upstream};

use crate::stage::{PATIENCE, seen, values};

const PAUSE: Duration = Duration::from_millis(50);

struct Scene {
    gateway: RunningGateway,
    upstream: Upstream,
    first: Upstream,
    second: Upstream,
}

fn scene() -> Scene {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let first = Upstream::start(|_| Answer::ok("<1>").delay(Duration::from_millis(20)));
    let second = Upstream::start(|_| Answer::ok("<2>").delay(Duration::from_millis(20)));
    let tour = |name: &str| {
        let plugin = Plugin { name: name.to_owned(), ..Plugin::new("tour") };
        plugin.config(&json!({ "services": { "auth": { "cluster": name } } }))
    };
    let gateway = Gateway::new()
        .with(tour("first"))
        .with(tour("second"))
        .upstream(&upstream)
        .cluster("first", &first)
        .cluster("second", &second)
        .start();
    Scene { gateway, upstream, first, second }
}

#[testkit::scenario]
fn each_acts_with_its_own_configuration() {
    let scene = scene();
    let gateway = &scene.gateway;
    gateway.get("/request-headers/add").send();
    assert_eq!(values(&seen(&scene.upstream, "/request-headers/add").headers, "x-value"), ["added", "added"]);
    assert_eq!(gateway.post("/request-body/call", "some").send().status, 200);
    assert_eq!(seen(&scene.upstream, "/request-body/call").text(), "some<1><2>");
    assert_eq!((scene.first.count(), scene.second.count()), (1, 1));
    assert_eq!(gateway.get("/response-body/call").send().text(), "hi<2><1>", "responses pass in the other direction");
    assert_eq!(gateway.get("/calls/response-phase").send().header_text("x-body"), Some("<1>"));
    let chunked = gateway.request("POST", "/request-body/call-between-chunks").chunk("a").pause(PAUSE).chunk("b");
    assert_eq!(chunked.send().status, 200);
    let text = seen(&scene.upstream, "/request-body/call-between-chunks").text().to_owned();
    assert_eq!(text.replace("<1>", "").replace("<2>", ""), "AB", "{text}");
}

#[testkit::scenario]
fn both_wait_and_both_end() {
    let scene = scene();
    std::thread::scope(|scope| {
        for number in 0..10 {
            let request = scene.gateway.get(&format!("/time/sleep?{number}"));
            scope.spawn(move || assert_eq!(request.send().status, 200));
        }
    });
    assert_eq!(scene.gateway.get("/replies/full").send().status, 418);
    // A reply in the response phase goes straight to the client: the other plugin only sees the stream's end.
    assert_eq!(scene.gateway.get("/replies/response").send().text(), "instead of 200");
    scene.gateway.get("/end/response").send();
    scene.gateway.wait_for_log("end of GET /end/response: status Some(200)", PATIENCE);
    scene.gateway.wait_for_stat("wasmcustom.tour.live", 0, PATIENCE);
}
