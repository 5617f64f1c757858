//! Clients and upstreams that go away in the middle: nothing is left behind and the next request works.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use testkit::{Answer, Fault, Gateway, RunningGateway, Upstream, eventually};

use crate::stage::PATIENCE;

struct Scene {
    gateway: RunningGateway,
    upstream: Upstream,
    auth: Arc<Upstream>,
}

fn scene() -> Scene {
    let upstream = Upstream::start(|seen| match seen.path.as_str() {
        "/response-body/append?broken" => Answer::ok("half of this").cut_in_body(4, Fault::Reset),
        "/response-body/chunks?broken" => {
            Answer::status(200).chunk("one").pause(Duration::from_millis(5)).cut_in_body(3, Fault::Reset)
        }
        "/response-body/append?slow" => Answer::status(200).chunk("one").pause(Duration::from_secs(3)).chunk("two"),
        _ => Answer::ok("hi"),
    });
    let auth = Arc::new(Upstream::start(|_| Answer::ok("late").delay(Duration::from_millis(100))));
    let gateway = Gateway::new()
        .plugin("tour", json!({ "services": { "auth": { "cluster": "auth" } } }))
        .upstream(&upstream)
        .cluster("auth", &*auth)
        .start();
    Scene { gateway, upstream, auth }
}

impl Scene {
    fn live(&self) -> u64 {
        self.gateway.stats().get("wasmcustom.tour.live").unwrap_or(0)
    }

    /// Nobody is left, the next request works, and no line speaks of a panic.
    fn is_sound(&self) {
        let gone = eventually(PATIENCE, || (self.live() == 0).then_some(()));
        assert!(gone.is_some(), "{} exchanges are still alive", self.live());
        assert_eq!(self.gateway.get("/request-headers/replace").send().status, 200);
        let log = self.gateway.log();
        let broken = log.lines().find(|line| line.contains("panic") || line.contains("Function: proxy_on"));
        assert_eq!(broken, None);
    }
}

#[testkit::scenario]
fn a_client_leaves_while_a_call_is_under_way() {
    let scene = scene();
    for path in ["/calls/response-body", "/calls/response-phase", "/request-body/call-between-chunks"] {
        let asked = scene.auth.count();
        let client = scene.gateway.post(path, "a body").start();
        scene.auth.wait_for(asked + 1);
        client.reset();
    }
    scene.is_sound();
    std::thread::sleep(Duration::from_millis(150));
    scene.is_sound();
}

#[testkit::scenario]
fn a_client_leaves_in_the_middle_of_its_body() {
    let scene = scene();
    for path in ["/request-body/append", "/request-body/count-chunks", "/replies/holding-body"] {
        let mut client = scene.gateway.request("POST", path).header("content-length", "100").start_head();
        client.write("first");
        eventually(PATIENCE, || (scene.live() == 1).then_some(())).unwrap();
        client.reset();
        eventually(PATIENCE, || (scene.live() == 0).then_some(())).unwrap();
    }
    scene.is_sound();
    assert!(scene.upstream.requests().iter().all(|seen| !seen.complete || seen.path == "/request-headers/replace"));
}

#[testkit::scenario]
fn a_client_leaves_while_the_response_is_held() {
    let scene = scene();
    let client = scene.gateway.get("/response-body/append?slow").start();
    scene.upstream.wait_for(1);
    client.reset();
    scene.is_sound();
}

#[testkit::scenario]
fn an_upstream_resets_in_the_middle_of_its_response() {
    let scene = scene();
    for path in ["/response-body/append?broken", "/response-body/chunks?broken"] {
        let broken = scene.gateway.get(path).deadline(Duration::from_secs(2)).try_send();
        match broken {
            Ok(reply) => assert!(reply.status >= 500, "{reply:?}"),
            Err(broken) => assert_ne!(broken.cause, testkit::Broken::Deadline, "{path}: {broken}"),
        }
    }
    scene.is_sound();
}

#[testkit::scenario]
fn two_hundred_departures_leave_nothing_behind() {
    let scene = scene();
    let paths = ["/calls/response-body", "/calls/response-phase", "/time/sleep", "/request-body/append"];
    for round in 1..=20 {
        let clients: Vec<_> = (0..10)
            .map(|number| {
                let request =
                    scene.gateway.request("POST", paths[number % paths.len()]).header("content-length", "100");
                let mut client = request.start_head();
                client.write("some");
                client
            })
            .collect();
        let begun = || scene.gateway.stats().get("wasmcustom.tour.exchanges").unwrap_or(0);
        assert!(eventually(PATIENCE, || (begun() == round * 10).then_some(())).is_some(), "{} begun", begun());
        for (number, client) in clients.into_iter().enumerate() {
            if number % 2 == 0 { client.reset() } else { drop(client) }
        }
    }
    scene.is_sound();
    std::thread::sleep(Duration::from_millis(150));
    scene.is_sound();
}
