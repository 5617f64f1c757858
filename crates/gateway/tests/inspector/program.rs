//! The program itself: what passes through it can be seen on its admin port.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::guests::{REQUEST, guest};

/// Long enough to compile a module on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(120);

struct Gateway {
    child: Child,
    directory: PathBuf,
}

impl Gateway {
    /// Starts the program with one plugin in front of a route that answers by itself.
    fn start(functions: &str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("inspected-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let file = |name: &str| directory.join(name);
        std::fs::write(file("plugin.wasm"), wat::parse_str(guest(functions)).unwrap()).unwrap();
        std::fs::write(file("envoy.json"), bootstrap(&file("plugin.wasm")).to_string()).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_gateway"))
            .arg("-c")
            .arg(file("envoy.json"))
            .arg("--admin-address-path")
            .arg(file("admin"))
            .args(["--concurrency", "1", "--exchanges", "5"])
            .stdin(Stdio::null())
            .stderr(std::fs::File::create(file("log")).unwrap())
            .spawn()
            .unwrap();
        Self { child, directory }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    /// Asks until there is what is asked for.
    fn until<T>(&mut self, what: &str, mut ask: impl FnMut(&mut Self) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = ask(self) {
                return found;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && begun.elapsed() < PATIENCE, "no {what}; ended: {ended:?}; log:\n{}", self.log());
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn bootstrap(module: &Path) -> Value {
    let own = |port: u16| json!({"socket_address": {"address": "127.0.0.1", "port_value": port}});
    let kind = |name: &str| format!("type.googleapis.com/envoy.extensions.filters.{name}");
    let wasm = json!({"@type": kind("http.wasm.v3.Wasm"), "config": {
        "name": "teller",
        "vm_config": {"runtime": "envoy.wasm.runtime.v8", "code": {"local": {"filename": module}}},
        "configuration": {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": "{\"password\": \"S3CR3T\"}"},
    }});
    let router = json!({"@type": kind("http.router.v3.Router")});
    let manager = json!({
        "@type": kind("network.http_connection_manager.v3.HttpConnectionManager"),
        "stat_prefix": "ingress",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
            {"match": {"prefix": "/"}, "direct_response": {"status": 204}},
        ]}]},
        "http_filters": [{"name": "teller", "typed_config": wasm}, {"name": "router", "typed_config": router}],
    });
    let chain = json!({"filters": [
        {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager},
    ]});
    json!({
        "admin": {"address": own(0)},
        "static_resources": {"listeners": [{"name": "main", "address": own(0), "filter_chains": [chain]}]},
    })
}

/// One GET; `None` when nobody answers it whole.
fn get(address: &str, path: &str, more: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{more}\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    (!text.is_empty()).then_some(text)
}

fn get_json(address: &str, path: &str) -> Option<Value> {
    let text = get(address, path, "")?;
    serde_json::from_str(text.split_once("\r\n\r\n")?.1).ok()
}

#[test]
fn what_passes_through_the_program_is_shown_on_its_admin_port() {
    let plugin = format!("{REQUEST} (call $set (i32.const 0)) (call $say) (i32.const 0))");
    let mut gateway = Gateway::start(&plugin);
    let file = gateway.directory.join("admin");
    let admin = gateway.until("admin port", |_| std::fs::read_to_string(&file).ok().filter(|it| it.contains(':')));
    let listener = gateway.until("listener", |_| {
        let all = get_json(&admin, "/inspector.json")?;
        all["listeners"][0]["address"].as_str().map(str::to_owned)
    });
    let answer = get(&listener, "/a?token=S3CR3T", "authorization: Bearer S3CR3T\r\nx-visible: yes\r\n");
    assert!(answer.as_ref().is_some_and(|it| it.starts_with("HTTP/1.1 204")), "{answer:?}\n{}", gateway.log());

    let one = gateway.until("exchange that has ended", |_| {
        get_json(&admin, "/inspector/exchanges/1.json").filter(|it| it["outcome"] != "under_way")
    });
    assert_eq!(
        (&one["path"], &one["status"], &one["outcome"]),
        (&json!("/a?token=***"), &json!(204), &json!("answered"))
    );
    assert_eq!(one["reply"]["plugin"], Value::Null, "the gateway itself has answered: {one}");
    assert_eq!(
        (&one["events"][0]["plugin"], &one["events"][0]["changes"][0]["name"]),
        (&json!("teller"), &json!("x-a"))
    );
    assert_eq!(one["events"][1]["text"], "the token=*** came");
    let overview = get_json(&admin, "/inspector.json").unwrap();
    assert_eq!(overview["recording"], json!({"keeps": 5, "seen": 1}));
    assert_eq!(overview["plugins"][0]["configuration"]["password"], "*** (6 bytes)");
    for (what, shown) in [("exchange", &one), ("overview", &overview)] {
        assert!(!shown.to_string().contains("S3CR3T"), "{what}: {shown}");
    }
    assert!(one.to_string().contains("x-visible"), "{one}");

    let page = get(&admin, "/inspector", "").unwrap();
    assert!(page.to_ascii_lowercase().contains("content-security-policy: default-src 'none'"), "{page}");
    let dump = get(&admin, "/config_dump", "").unwrap();
    assert!(dump.contains("teller") && !dump.contains("S3CR3T"), "{dump}");
}
