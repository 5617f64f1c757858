//! One gateway of each kind with the plugin `tour`, shared by the tests that run at the same time; the last one ends it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use testkit::{Answer, Gateway, Headers, RunningGateway, Seen, Shared, Target, Upstream, eventually};

/// How long anything that does happen may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The stage: a gateway, the upstream of all requests, and the services that `tour` may ask.
pub(crate) struct Stage {
    pub(crate) gateway: RunningGateway,
    pub(crate) upstream: Upstream,
    pub(crate) auth: Upstream,
    _services: Vec<Upstream>,
}

/// The stage that runs now, or a new one.
pub(crate) fn stage() -> Arc<Stage> {
    static RUNNING: Shared<Stage> = Shared::new();
    RUNNING.get(Stage::start)
}

impl Stage {
    fn start() -> Self {
        let upstream = Upstream::start(upstream);
        let auth = Upstream::start(auth);
        let busy = Upstream::start(|_| Answer::status(503).header("date", "today").body("no healthy upstream"));
        let slow = Upstream::start(|_| Answer::status(504).header("date", "today").body("upstream request timeout"));
        let resetting = Upstream::start(|_| Answer::reset());
        let broken = Upstream::start(|_| Answer::ok("half of this").cut_in_body(4, testkit::Fault::Reset));
        let hanging = Upstream::start(|_| Answer::hang());
        let garbage = Upstream::start(|_| Answer::raw("this is not HTTP\r\n\r\n"));
        let bytes = Upstream::start(|_| Answer::ok("").header("x-token", b"\xff\xfe\x80"));
        let large = Upstream::start(|_| Answer::ok(vec![b'a'; 1_200_000]));
        let flaky = Upstream::script([Answer::status(503), Answer::reset(), Answer::ok("third time")]);
        let services = [
            "auth",
            "busy",
            "slow",
            "resetting",
            "broken",
            "hanging",
            "garbage",
            "bytes",
            "large",
            "flaky",
            "refused",
            "empty",
            "unknown",
        ];
        let services: serde_json::Map<String, serde_json::Value> =
            services.iter().map(|name| ((*name).to_owned(), json!({ "cluster": name }))).collect();
        let gateway = Gateway::new()
            .plugin("tour", json!({ "services": services }))
            .access_log("%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %FILTER_STATE(wasm.tour:PLAIN)%")
            .upstream(&upstream)
            .cluster("auth", &auth)
            .cluster("busy", &busy)
            .cluster("slow", &slow)
            .cluster("resetting", &resetting)
            .cluster("broken", &broken)
            .cluster("hanging", &hanging)
            .cluster("garbage", &garbage)
            .cluster("bytes", &bytes)
            .cluster("large", &large)
            .cluster("flaky", &flaky)
            .cluster("refused", Target::refused())
            .cluster("empty", Target::NoEndpoints)
            .start();
        let services = vec![busy, slow, resetting, broken, hanging, garbage, bytes, large, flaky];
        Self { gateway, upstream, auth, _services: services }
    }

    /// The request to `path` (with its query) as the upstream saw it.
    pub(crate) fn seen(&self, path: &str) -> Seen {
        seen(&self.upstream, path)
    }

    /// The line of the access log for `path`.
    pub(crate) fn access_line(&self, path: &str) -> String {
        let start = format!("{path} ");
        let line = || self.gateway.access_log().into_iter().find(|line| line.starts_with(&start));
        eventually(PATIENCE, line).unwrap_or_else(|| panic!("no line for {path} in {:#?}", self.gateway.access_log()))
    }
}

/// The request to `path` (with its query) that a server saw.
pub(crate) fn seen(server: &Upstream, path: &str) -> Seen {
    let found = || server.requests().into_iter().find(|seen| seen.path == path);
    eventually(PATIENCE, found).unwrap_or_else(|| panic!("no request to {path} in {:#?}", server.requests()))
}

/// All values of a header, as text where they are text.
pub(crate) fn values(headers: &Headers, name: &str) -> Vec<String> {
    headers.all(name).into_iter().map(|value| String::from_utf8_lossy(value).into_owned()).collect()
}

/// What the upstream answers: by group, and within `response-body` by the query.
fn upstream(seen: &Seen) -> Answer {
    let (path, query) = seen.path.split_once('?').unwrap_or((&seen.path, ""));
    let pause = Duration::from_millis(20);
    if path.starts_with("/response-headers/") {
        let answer = Answer::ok("hi").header("x-value", "one").header("x-other", "between");
        return answer.header("x-value", "two").header("x-value", b"\xff\x80").header("x-keep", "kept");
    }
    match query {
        "chunked" => Answer::status(200).chunk("one ").pause(pause).chunk("two ").pause(pause).chunk("three"),
        "no-body" => Answer::ok(""),
        "trailers" => Answer::status(200)
            .chunk("with ")
            .pause(pause)
            .chunk("trailers")
            .trailer("x-secret", "s3cret")
            .trailer("x-sum", "wrong")
            .trailer("x-kept", "kept"),
        "large" => Answer::ok(vec![b'a'; 20_000]),
        "broken" => Answer::ok("half of this").cut_in_body(4, testkit::Fault::Reset),
        _ if path.starts_with("/response-body/") => Answer::ok("the body"),
        _ => Answer::ok("hi"),
    }
}

/// What the service `auth` answers.
fn auth(seen: &Seen) -> Answer {
    match seen.path.as_str() {
        "/mark" => Answer::ok("<mark>"),
        "/trailers" => Answer::status(200).chunk("body").trailer("checksum", "1").trailer("checksum", b"\xfe"),
        "/second" => Answer::ok([b"second after ", seen.header("x-first").unwrap_or_default()].concat()),
        path if path.starts_with("/slow/") => Answer::ok(path.replace("/slow/", "")).delay(Duration::from_millis(250)),
        path if path.starts_with("/check") => Answer::status(201),
        path => Answer::ok(format!("body of {path}")).header("x-token", "t0k"),
    }
}
