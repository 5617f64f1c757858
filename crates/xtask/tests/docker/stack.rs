//! The stack as people see it: `make up`, `curl`, `docker inspect`, `make down`.

use std::fs::File;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::engine::{Engine, said};

/// How long requests may take; far longer than they do.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Stack<'a> {
    pub(crate) engine: &'a Engine,
}

impl Stack<'_> {
    pub(crate) fn up(&self, variables: &[(&str, &str)]) {
        let (succeeded, output) = self.make("up", variables);
        assert!(succeeded, "{output}");
        for service in ["gateway", "httpbin", "redis"] {
            assert_eq!(self.inspect(service)["State"]["Health"]["Status"], "healthy", "{service}");
        }
    }

    /// What `make up` says when it fails.
    pub(crate) fn up_fails(&self, variables: &[(&str, &str)]) -> String {
        let (succeeded, output) = self.make("up", variables);
        assert!(!succeeded, "{output}");
        output
    }

    /// Ends the stack: no container and no network of it is left.
    pub(crate) fn down(&self) {
        let (succeeded, output) = self.make("down", &[]);
        assert!(succeeded, "{output}");
        assert_eq!(self.engine.docker(&["ps", "--all", "--quiet"]), "");
        assert_eq!(self.engine.docker(&["network", "ls", "--quiet", "--filter", "type=custom"]), "");
    }

    pub(crate) fn serves_what_the_readme_shows(&self, gateway: u16, httpbin: u16) {
        let direct = self.json(httpbin, "a.example", "/get");
        assert_eq!(direct["headers"].get("Hello"), None, "{direct}");
        let through = self.json(gateway, "a.example", "/get");
        assert_eq!(through["headers"]["Hello"], "world", "{through}");
        assert_eq!(through["url"], "https://a.example/get", "{through}");
        assert_eq!(self.get(gateway, "mock.example", "/get"), "200 hello world");
        // The service has half a second for its answer, which a busy machine may miss.
        let fetched = self.in_time(gateway, "token.example", "/get", "200 ");
        assert!(fetched.contains("\"X-Token\": \"demo\""), "{fetched}");
    }

    /// Three requests a minute pass. One that Redis does not answer in time passes too.
    pub(crate) fn counts_in_redis(&self, gateway: u16) {
        assert!(self.get(gateway, "limited.example", "/status/200").starts_with("200 "));
        self.in_time(gateway, "limited.example", "/status/200", "429 ");
        let keys = self.engine.docker(&["exec", &self.container("redis"), "redis-cli", "dbsize"]);
        assert_ne!(keys, "0", "the limiter counted elsewhere");
    }

    /// The gateway and httpbin are there for everybody, the admin port for this machine, and Redis for the gateway.
    pub(crate) fn publishes_what_it_should(&self, [gateway, httpbin, admin]: [u16; 3]) {
        let published = |service, port| {
            let bindings = self.inspect(service)["NetworkSettings"]["Ports"][port].clone();
            let bindings = bindings.as_array().into_iter().flatten();
            let text = |binding: &Value, key: &str| binding[key].as_str().unwrap().to_owned();
            bindings.map(|it| (text(it, "HostIp"), text(it, "HostPort"))).collect::<Vec<_>>()
        };
        assert!(published("gateway", "10000/tcp").contains(&("0.0.0.0".to_owned(), gateway.to_string())));
        assert!(published("httpbin", "80/tcp").contains(&("0.0.0.0".to_owned(), httpbin.to_string())));
        assert_eq!(published("gateway", "9901/tcp"), [("127.0.0.1".to_owned(), admin.to_string())]);
        let redis = self.inspect("redis")["NetworkSettings"]["Ports"].clone();
        assert!(redis.as_object().is_none_or(|ports| ports.values().all(Value::is_null)), "{redis}");
        assert_eq!(self.get(admin, "127.0.0.1", "/ready"), "200 LIVE\n");
        // All are in one network, and in no other.
        let networks = ["gateway", "httpbin", "redis"].map(|service| {
            let networks = self.inspect(service)["NetworkSettings"]["Networks"].clone();
            networks.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        });
        assert!(networks[0].len() == 1 && networks[0][0].ends_with("_wasmtest"), "{networks:?}");
        assert!(networks.iter().all(|it| *it == networks[0]), "{networks:?}");
    }

    pub(crate) fn mounts_cannot_be_written(&self) {
        let mounts = self.inspect("gateway")["Mounts"].clone();
        let mounts = mounts.as_array().unwrap();
        assert_eq!(mounts.len(), 5, "{mounts:?}");
        for mount in mounts {
            assert_eq!(mount["RW"], false, "{mount}");
            let file = mount["Destination"].as_str().unwrap();
            let write = format!("[ -s {file} ] && ! echo >> {file}");
            self.engine.docker(&["exec", &self.container("gateway"), "bash", "-c", &write]);
        }
    }

    /// As [`up`](Self::up); the gateway starts when the others have been found healthy, not just started.
    pub(crate) fn up_in_order(&self) {
        let file = self.engine.folder().join("events");
        let mut events = self.engine.command("docker");
        // From the beginning of time, so that it does not matter when this program is ready to listen.
        events.args(["events", "--since", "0", "--format", "{{json .}}", "--filter", "type=container"]);
        events.args(["--filter", "event=start", "--filter", "event=health_status"]);
        let mut events = events.stdout(File::create(&file).unwrap()).spawn().unwrap();
        self.up(&[]);
        events.kill().unwrap();
        events.wait().unwrap();

        let events = std::fs::read_to_string(file).unwrap();
        let events: Vec<Value> = events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let time = |service: &str, action: &str| {
            let is_it = |event: &&Value| {
                event["Actor"]["Attributes"]["com.docker.compose.service"] == service && event["Action"] == action
            };
            let event = events.iter().find(is_it).unwrap_or_else(|| panic!("no {action} of {service}: {events:#?}"));
            event["timeNano"].as_u64().unwrap()
        };
        for service in ["httpbin", "redis"] {
            assert!(time(service, "health_status: healthy") < time("gateway", "start"), "{service}: {events:#?}");
        }
    }

    fn make(&self, target: &str, variables: &[(&str, &str)]) -> (bool, String) {
        let begin = Instant::now();
        let output = self.engine.command("make").arg(target).envs(variables.iter().copied()).output().unwrap();
        println!("make {target} {variables:?}: {:.0?}", begin.elapsed());
        (output.status.success(), said(&output))
    }

    /// The first answer that begins so.
    fn in_time(&self, port: u16, host: &str, path: &str, begin: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.get(port, host, path);
            if answer.starts_with(begin) {
                return answer;
            }
            assert!(Instant::now() < deadline, "{host}{path}: {answer}");
        }
    }

    fn json(&self, port: u16, host: &str, path: &str) -> Value {
        let answer = self.get(port, host, path);
        let body = answer.strip_prefix("200 ").unwrap_or_else(|| panic!("{host}{path}: {answer}"));
        serde_json::from_str(body).unwrap()
    }

    /// Status and body of the answer.
    fn get(&self, port: u16, host: &str, path: &str) -> String {
        let mut curl = self.engine.command("curl");
        curl.args([
            "-sS",
            "--max-time",
            &PATIENCE.as_secs().to_string(),
            "--write-out",
            "\n%{http_code}",
            "--header",
            &format!("Host: {host}"),
        ]);
        let output = curl.arg(format!("http://127.0.0.1:{port}{path}")).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        let (body, status) = text.rsplit_once('\n').unwrap();
        format!("{status} {body}")
    }

    fn container(&self, service: &str) -> String {
        let label = format!("label=com.docker.compose.service={service}");
        self.engine.docker(&["ps", "--all", "--quiet", "--filter", &label])
    }

    fn inspect(&self, service: &str) -> Value {
        let all: Value = serde_json::from_str(&self.engine.docker(&["inspect", &self.container(service)])).unwrap();
        all[0].clone()
    }
}
