//! A gateway process of a test, on free ports, ended with the test.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use testkit::{Request, Upstream, eventually};

/// Far longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A gateway that serves.
pub(crate) struct Gateway {
    child: Child,
    folder: TempDir,
    pub(crate) admin: SocketAddr,
    pub(crate) address: SocketAddr,
}

/// The routes, filters and clusters of a bootstrap file, as YAML in flow style.
#[derive(Clone, Default)]
pub(crate) struct Config {
    pub(crate) routes: Vec<String>,
    pub(crate) filters: Vec<String>,
    pub(crate) clusters: Vec<String>,
    /// Further fields of the connection manager.
    pub(crate) manager: String,
    /// Texts that stand in the place of others.
    pub(crate) changes: Vec<(String, String)>,
}

impl Config {
    /// Everything goes to one upstream.
    pub(crate) fn to(upstream: &Upstream) -> Self {
        Self::default().cluster("up", upstream.address()).route("{ prefix: / }", "route: { cluster: up }")
    }

    pub(crate) fn cluster(mut self, name: &str, address: SocketAddr) -> Self {
        let (ip, port) = (address.ip(), address.port());
        self.clusters.push(format!(
            "{{ name: {name}, connect_timeout: 1s, type: STATIC, load_assignment: {{ cluster_name: {name}, endpoints: [ {{ \
             lb_endpoints: [ {{ endpoint: {{ address: {{ socket_address: {{ address: {ip}, port_value: {port} }} }} }} }} ] }} ] }}, \
             typed_extension_protocol_options: {{ envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {{ \
             \"@type\": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, \
             explicit_http_config: {{ http_protocol_options: {{ enable_trailers: true }} }} }} }} }}"
        ));
        self
    }

    /// `matches` and `action` are YAML.
    pub(crate) fn route(mut self, matches: &str, action: &str) -> Self {
        self.routes.push(format!("{{ match: {matches}, {action} }}"));
        self
    }

    pub(crate) fn manager(mut self, fields: &str) -> Self {
        self.manager = fields.to_owned();
        self
    }

    pub(crate) fn plugin(mut self, name: &str, module: &Path, configuration: &str, more: &str) -> Self {
        self.filters.push(format!(
            "{{ name: {name}, typed_config: {{ \"@type\": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm, \
             config: {{ name: {name}, {more} vm_config: {{ runtime: envoy.wasm.runtime.v8, \
             code: {{ local: {{ filename: {module:?} }} }} }}, configuration: {{ \
             \"@type\": type.googleapis.com/google.protobuf.StringValue, value: {configuration:?} }} }} }} }}"
        ));
        self
    }

    /// Puts one text of the file in the place of another.
    pub(crate) fn change(mut self, from: &str, to: &str) -> Self {
        self.changes.push((from.to_owned(), to.to_owned()));
        self
    }

    pub(crate) fn yaml(&self) -> String {
        self.changes.iter().fold(self.unchanged(), |yaml, (from, to)| {
            assert!(yaml.contains(from), "no {from:?} in {yaml}");
            yaml.replace(from, to)
        })
    }

    fn unchanged(&self) -> String {
        let list =
            |items: &[String], indent: &str| items.iter().map(|item| format!("\n{indent}- {item}")).collect::<String>();
        format!(
            "admin: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: 0 }} }} }}
static_resources:
  listeners:
  - name: front
    address: {{ socket_address: {{ address: 127.0.0.1, port_value: 0 }} }}
    filter_chains:
    - filters:
      - name: http
        typed_config:
          \"@type\": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: front
          {}
          access_log:
          - name: file
            typed_config:
              \"@type\": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
              path: access.log
              log_format: {{ text_format_source: {{ inline_string: \"%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%\\n\" }} }}
          route_config:
            virtual_hosts:
            - name: all
              domains: [\"*\"]
              routes:{}
          http_filters:{}
          - name: router
            typed_config: {{ \"@type\": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }}
  clusters:{}
",
            self.manager,
            list(&self.routes, "              "),
            list(&self.filters, "          "),
            list(&self.clusters, "  "),
        )
    }

    /// Starts a gateway with it.
    pub(crate) fn start(&self) -> Gateway {
        self.start_with(&[])
    }

    pub(crate) fn start_with(&self, arguments: &[&str]) -> Gateway {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("envoy.yaml"), self.yaml()).unwrap();
        let mut child = command(folder.path(), arguments).spawn().unwrap();
        let started = eventually(PATIENCE, || {
            assert!(child.try_wait().unwrap().is_none(), "it ended: {}", log(folder.path()));
            serving(folder.path())
        });
        let (admin, address) = started.unwrap_or_else(|| panic!("it does not serve: {}", log(folder.path())));
        Gateway { child, folder, admin, address }
    }

    /// Starts a gateway that refuses, and gives its log.
    pub(crate) fn refusal(&self) -> (ExitStatus, String) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("envoy.yaml"), self.yaml()).unwrap();
        let mut child = command(folder.path(), &[]).spawn().unwrap();
        let status = eventually(PATIENCE, || child.try_wait().unwrap());
        let status = status.unwrap_or_else(|| {
            child.kill().unwrap();
            panic!("it serves")
        });
        (status, log(folder.path()))
    }
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
    command
        .args(["-c", "envoy.yaml", "--admin-address-path", "admin", "--concurrency", "2"])
        .args(["--component-log-level", "wasm:debug"])
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(fs::File::create(folder.join("log")).unwrap());
    command
}

fn log(folder: &Path) -> String {
    fs::read_to_string(folder.join("log")).unwrap_or_default()
}

/// The addresses of the admin port and the listener, once clients are served.
fn serving(folder: &Path) -> Option<(SocketAddr, SocketAddr)> {
    let admin = fs::read_to_string(folder.join("admin")).ok()?.parse().ok()?;
    let ask = |path| Request::new(admin, "GET", path).header("connection", "close").try_send().ok();
    ask("/ready").filter(|reply| reply.status == 200)?;
    let listeners = ask("/listeners?format=json")?.json();
    let socket = &listeners["listener_statuses"][0]["local_address"]["socket_address"];
    let address = format!("{}:{}", socket["address"].as_str()?, socket["port_value"]).parse().ok()?;
    Some((admin, address))
}

impl Gateway {
    pub(crate) fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> Request {
        Request::new(self.address, method, path).deadline(PATIENCE)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn log(&self) -> String {
        log(self.folder.path())
    }

    /// Waits for a line in the log.
    pub(crate) fn wait_for_log(&self, text: &str) {
        let found = eventually(PATIENCE, || self.log().contains(text).then_some(()));
        assert!(found.is_some(), "no {text:?} in the log:\n{}", self.log());
    }

    /// The last lines of the access log, once there are as many.
    pub(crate) fn access_log(&self, lines: usize) -> Vec<String> {
        let read = || fs::read_to_string(self.path("access.log")).unwrap_or_default();
        let found = eventually(PATIENCE, || (read().lines().count() >= lines).then(read));
        let text = found.unwrap_or_else(|| panic!("fewer than {lines} lines:\n{}", read()));
        text.lines().map(ToOwned::to_owned).collect()
    }

    pub(crate) fn stat(&self, name: &str) -> u64 {
        let reply = Request::new(self.admin, "GET", "/stats?format=json").header("connection", "close").send().json();
        let stats = reply["stats"].as_array().unwrap();
        stats.iter().find(|it| it["name"] == name).and_then(|it| it["value"].as_u64()).unwrap_or_default()
    }

    /// KiB of memory that the process has.
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// What the process has had of the processors so far.
    pub(crate) fn processor_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields = stat.rsplit(") ").next().unwrap().split(' ');
        // `utime` and `stime` of proc(5), in ticks, of which Linux has 100 a second.
        let ticks: u64 = fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 10)
    }

    pub(crate) fn configure(&self, config: &Config) {
        fs::write(self.path("envoy.yaml"), config.yaml()).unwrap();
    }

    /// Sends a signal and gives how the process ended.
    pub(crate) fn end(&mut self, signal: &str) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let ended = eventually(PATIENCE, || self.child.try_wait().unwrap());
        ended.unwrap_or_else(|| panic!("it does not end: {}", self.log()))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{}", self.log());
        }
    }
}
