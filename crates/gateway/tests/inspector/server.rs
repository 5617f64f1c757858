//! A gateway of plain data whose inspector is served over HTTP, with exchanges that show all there is.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use gateway::admin::{AdminState, ClusterStatus, ListenerStatus, Pages};
use gateway::inspector::{Inspector, PluginState, State};
use gateway::{Engine, HttpAnswer, MetricKind};
use serde_json::{Value, json};

use super::guests::{BODY, Chain, HTTP_ANSWER, REQUEST, RESPONSE};

/// A path and header values that would do harm if they were taken for markup.
pub(crate) const HOSTILE: &str = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>";

struct Plain;

impl State for Plain {
    fn plugins(&self) -> Vec<PluginState> {
        let plugin = |name: &str, configuration: &str, fault: Option<&str>| PluginState {
            name: name.to_owned(),
            module: format!("dist/{name}.wasm"),
            abi: "0.2.100".to_owned(),
            configuration: configuration.into(),
            fault: fault.map(str::to_owned),
            ..PluginState::default()
        };
        vec![
            plugin("key-auth", r#"{"keys": ["apikey"], "consumers": [{"name": "a", "credential": "S3CR3T"}]}"#, None),
            plugin("token", r#"{"tokenHeader": "x-t", "password": "S3CR3T"}"#, Some("the file is missing")),
            plugin("headers", "", None),
        ]
    }

    fn refused(&self) -> Option<String> {
        Some("envoy.yaml: plugin \"limiter\": password: \"S3CR3T\" is too short".to_owned())
    }
}

impl AdminState for Plain {
    fn is_ready(&self) -> bool {
        true
    }

    fn listeners(&self) -> Vec<ListenerStatus> {
        vec![ListenerStatus { name: "main".to_owned(), address: SocketAddr::from(([0, 0, 0, 0], 10000)) }]
    }

    fn clusters(&self) -> Vec<ClusterStatus> {
        let hosts = vec![(SocketAddr::from(([127, 0, 0, 1], 8080)), "localhost".to_owned())];
        vec![ClusterStatus { name: "outbound|8080||backend.dns".to_owned(), hosts }]
    }

    fn plugin_metrics(&self) -> Vec<(String, MetricKind, u64, u64)> {
        Vec::new()
    }

    fn quit(&self) {}

    fn config_dump(&self) -> Value {
        json!({"static_resources": {"clusters": [{"name": "redis", "password": "S3CR3T"}], "text": HOSTILE}})
    }
}

/// An inspector over an engine of its own, whose last exchanges are kept.
pub(crate) fn inspector(keep: usize) -> (Engine, Inspector) {
    let engine = Engine::new().unwrap();
    engine.process().traces.keep(keep);
    for kind in [MetricKind::Counter, MetricKind::Gauge, MetricKind::Histogram] {
        engine.process().metrics.define("wasmcustom.seen", kind);
        engine.process().metrics.record("wasmcustom.seen", kind, 42);
    }
    let inspector = Inspector::new(engine.clone(), Arc::new(Plain));
    (engine, inspector)
}

/// Exchanges 1 to 5: through all plugins, answered by one, waiting for a call, hostile text, broken off.
pub(crate) fn exchanges(engine: &Engine) {
    let writer = format!(
        "{REQUEST} (call $set (i32.const 0)) (call $say) (i32.const 0))
        {RESPONSE} (call $set (i32.const 2)) (i32.const 0)) {BODY} (i32.const 0))"
    );
    let caller = format!(
        "{REQUEST} (call $http) (call $redis) (i32.const 1))
        {HTTP_ANSWER} (call $enter (i32.const 2)) (call $remove (i32.const 0)) (call $resume (i32.const 0)))"
    );
    let answer = HttpAnswer {
        headers: [(":status", "200")].into_iter().collect(),
        body: b"S3CR3T".to_vec(),
        ..HttpAnswer::default()
    };
    let mut through = Chain::on(engine, &[("headers", &writer), ("token", &caller)]);
    let (id, recording) = through.open();
    through.get(id, &[("authorization", "Bearer S3CR3T"), ("user-agent", "curl/8.0"), ("accept", "*/*")]);
    through.worker.event(through.machines[1], |vm| vm.http_answered(4, Some(answer)));
    recording.sent_to("outbound|8080||backend.dns", "127.0.0.1:8080");
    through.ok(id);
    through.finish(id);

    let replier = format!("{REQUEST} (call $reply) (i32.const 1))");
    let mut answered = Chain::on(engine, &[("headers", &writer), ("key-auth", &replier)]);
    let (id, _) = answered.open();
    answered.get(id, &[]);
    answered.finish(id);

    let (waiting, _) = through.open();
    through.get(waiting, &[]);

    let mut harmful = Chain::on(engine, &[(HOSTILE, &writer)]);
    let (id, _) = harmful.open();
    harmful.get(
        id,
        &[
            (":path", HOSTILE),
            (":method", HOSTILE),
            ("x-hostile", HOSTILE),
            (HOSTILE, "\u{202e}evil\u{7}"),
            ("x-a", HOSTILE),
        ],
    );
    harmful.ok(id);
    harmful.finish(id);

    let (id, _) = answered.open();
    answered.worker.finish(id, &gateway::LogView::default());
}

/// Serves the inspector, with a script of the test in its page; what that script posts comes out of the channel.
pub(crate) fn serve(inspector: Inspector, script: &'static str) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = channel();
    let (inspector, sender) = (Arc::new(inspector), Arc::new(Mutex::new(sender)));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (inspector, sender) = (inspector.clone(), sender.clone());
            thread::spawn(move || answer(stream?, &inspector, script, &sender));
        }
    });
    (address, receiver)
}

fn answer(
    mut stream: TcpStream,
    inspector: &Inspector,
    script: &str,
    posted: &Mutex<Sender<String>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if header.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let (status, headers, body) = match (path.as_str(), inspector.respond(&path)) {
        ("/posted", _) => {
            let _ = posted.lock().unwrap().send(String::from_utf8_lossy(&body).into_owned());
            (200, Vec::new(), Vec::new())
        }
        ("/script.js", _) => (200, vec![("content-type", "text/javascript")], script.into()),
        (_, Some(mut reply)) => {
            reply.headers.push(("content-type", reply.content_type));
            let mut body = reply.body.to_vec();
            if path == "/inspector" {
                body.extend_from_slice(b"<script type=module src=/script.js></script>");
            }
            (reply.status, reply.headers, body)
        }
        _ => (404, Vec::new(), Vec::new()),
    };
    write!(stream, "HTTP/1.1 {status} -\r\nconnection: close\r\ncontent-length: {}\r\n", body.len())?;
    for (name, value) in headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(&body)
}
