//! gRPC calls and streams of a small guest, the same on both engines.
#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach functions that tests call")]

use std::time::Duration;

use tempfile::NamedTempFile;
use testkit::{Answer, Engine, Fault, Gateway, Plugin, RunningGateway, Target, Upstream, eventually};

const PATIENCE: Duration = Duration::from_secs(30);

const REFUSED: &str = "upstream connect error or disconnect/reset before headers. reset reason: remote connection \
    failure{upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}}";
const CUT: &str = "upstream_reset_after_response_started{remote_reset}";
const LATE: &str = "upstream request timeout{response_timeout}";

fn frame(message: &[u8]) -> Vec<u8> {
    [&[0][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), message].concat()
}

fn prices() -> Upstream {
    Upstream::start_http2(|request| match request.path.rsplit('/').next().unwrap() {
        "Echo" => Answer::ok(&request.body).header("x-answer", "1").trailer("grpc-status", "0"),
        "Refused" => Answer::status(200).header("grpc-status", "7").header("grpc-message", "not%20you"),
        "Missing" => Answer::ok(frame(b"half")).trailer("grpc-status", "5"),
        "Nothing" => Answer::status(200).chunk("").trailer("grpc-status", "0"),
        "Http" => Answer::status(404),
        "Both" => Answer::status(503).header("grpc-status", "8"),
        "Bare" => Answer::ok(frame(b"x")),
        "Zipped" => Answer::ok(b"\x01\x00\x00\x00\x01x").trailer("grpc-status", "0"),
        "Cut" => Answer::ok(frame(b"whole?")).cut_in_body(7, Fault::Reset),
        _ => Answer::hang(),
    })
}

/// A gateway with a guest that asks as the request's path says, and logs what comes of it: see `grpc.wat`.
struct Asking {
    gateway: RunningGateway,
    prices: Upstream,
    _module: NamedTempFile,
    _upstream: Upstream,
}

impl Asking {
    fn start() -> Self {
        let (prices, upstream) = (prices(), Upstream::start(|_| Answer::ok("hi")));
        let module = NamedTempFile::new().unwrap();
        std::fs::write(module.path(), wat::parse_str(include_str!("grpc.wat")).unwrap()).unwrap();
        let gateway = Gateway::new()
            .with(Plugin::at("asker", module.path()))
            .upstream(&upstream)
            .cluster("prices", &prices)
            .cluster("gone", Target::refused())
            .cluster("nobody", Target::NoEndpoints)
            .start();
        Self { gateway, prices, _module: module, _upstream: upstream }
    }

    fn lines(&self) -> Vec<String> {
        let log = self.gateway.wasm_log();
        let said = log.iter().filter_map(|line| line.split_once("wasm log")?.1.split_once(": "));
        said.map(|(_, said)| said.trim_end().to_owned()).collect()
    }

    fn ask(&self, path: &str, cluster: &str, expected: &[&str]) {
        let before = self.lines().len();
        self.gateway.get(path).header("x-cluster", cluster).send();
        eventually(PATIENCE, || (self.lines().len() >= before + expected.len()).then_some(()));
        assert_eq!(self.lines().split_off(before), expected, "{path} {cluster}");
    }
}

#[testkit::scenario]
fn a_call_ends_with_its_message_or_with_a_status() {
    let asking = Asking::start();
    let closed = |letter: &str, message: &'static str| {
        [format!("closed  {letter}"), message.to_owned(), format!("status ?{letter}")]
    };
    asking.ask("/call/Echo", "prices", &["status ?A", "message A", "ask"]);
    for (path, cluster, letter, message) in [
        ("/call/Refused", "prices", "H", "not%20you{via_upstream}"),
        ("/call/Missing", "prices", "F", "via_upstream"),
        ("/call/Nothing", "prices", "N", ""),
        ("/call/Http", "prices", "M", "via_upstream"),
        ("/call/Both", "prices", "I", "via_upstream"),
        ("/call/Bare", "prices", "C", "via_upstream"),
        ("/call/Zipped", "prices", "N", "via_upstream"),
        ("/call/Cut", "prices", "N", CUT),
        ("/soon/Hang", "prices", "O", LATE),
        ("/call/Echo", "gone", "O", REFUSED),
    ] {
        let [end, text, status] = closed(letter, message);
        asking.ask(path, cluster, &["status ?A", &end, &text, &status]);
    }
    asking.ask("/call/Echo", "unknown", &["status ?E"]);
    // Envoy tells of the end too, under a token that the guest never got.
    let end = closed("O", "no healthy upstream{no_healthy_upstream}");
    let told: Vec<_> = end.iter().map(String::as_str).filter(|_| Engine::current() == Engine::Envoy).collect();
    asking.ask("/call/Echo", "nobody", &[&["status ?K"], &told[..]].concat());
}

#[testkit::scenario]
fn a_stream_shows_headers_messages_trailers_and_its_end() {
    let asking = Asking::start();
    let begun = ["status ?A", "status ?A", "status ?A"];
    for (path, cluster, came) in [
        ("/feed/Echo", "prices", &["headers A", "message A", "one", "message A", "two", "trailersA"][..]),
        ("/feed/Refused", "prices", &["headers B", "trailersA"]),
        ("/feed/Missing", "prices", &["headers B", "message A", "half", "trailersA"]),
        ("/feed/Http", "prices", &["headers B", "trailersB"]),
        ("/feed/Both", "prices", &["headers B", "trailersA"]),
        ("/feed/Bare", "prices", &["headers B", "message A", "x", "trailersB"]),
        ("/feed/Cut", "prices", &["headers B", "trailersB"]),
        ("/feed/Echo", "gone", &["headers B", "trailersA"]),
    ] {
        let end: [&str; 4] = match (path, cluster) {
            (_, "gone") => ["closed  O", REFUSED, "status ?O", "status ?A"],
            ("/feed/Refused", _) => ["closed  H", "not%20you{via_upstream}", "status ?H", "status ?A"],
            ("/feed/Missing", _) => ["closed  F", "via_upstream", "status ?F", "status ?A"],
            ("/feed/Http", _) => ["closed  M", "via_upstream", "status ?M", "status ?A"],
            ("/feed/Both", _) => ["closed  I", "via_upstream", "status ?I", "status ?A"],
            ("/feed/Bare", _) => ["closed  C", "via_upstream", "status ?C", "status ?A"],
            ("/feed/Cut", _) => ["closed  N", CUT, "status ?N", "status ?A"],
            _ => ["closed  A", "via_upstream", "status ?A", "status ?A"],
        };
        asking.ask(path, cluster, &[&begun[..], came, &end].concat());
    }
    asking.ask("/feed/Echo", "unknown", &["status ?E"]);
}

#[testkit::scenario]
fn a_service_gets_the_headers_of_grpc_and_those_of_the_plugin() {
    let asking = Asking::start();
    for (path, timeout, expected) in
        [("/call/Echo", Some("30000m"), Some("30000")), ("/zero/Echo", Some("0m"), None), ("/feed/Echo", None, None)]
    {
        let before = asking.prices.count();
        asking.gateway.get(path).header("x-cluster", "prices").send();
        asking.prices.wait_for(before + 1);
        let seen = asking.prices.last();
        let told = |name: &str| seen.header_text(name);
        assert_eq!((seen.path.as_str(), told("host")), ("/shop.Prices/Echo", Some("prices")));
        assert_eq!((told("te"), told("content-type")), (Some("trailers"), Some("application/grpc")));
        assert_eq!((told("x-key"), told("x-envoy-internal")), (Some("abc"), Some("true")));
        assert_eq!((told("grpc-timeout"), told("x-envoy-expected-rq-timeout-ms")), (timeout, expected), "{path}");
    }
}
