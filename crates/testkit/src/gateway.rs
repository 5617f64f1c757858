//! The builder of scenarios: what a test writes down before it starts a gateway.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::engine::{Engine, Refusal};
use crate::plugin::Plugin;
use crate::running::RunningGateway;
use crate::scenario::{Cluster, Filter, HeaderLimits, Route, Scenario, VirtualHost};
use crate::secret;
use crate::target::Target;

/// The cluster that [`Gateway::upstream`] makes.
const UPSTREAM: &str = "upstream";

/// A gateway under construction. Filters run in the order in which they are added.
#[derive(Clone, Debug)]
#[must_use = "a gateway does nothing until it is started"]
pub struct Gateway {
    scenario: Scenario,
    /// Routes of the virtual host for all domains that no other host claims.
    routes: Vec<Route>,
    has_upstream: bool,
}

impl Default for Gateway {
    fn default() -> Self {
        Self::new()
    }
}

impl Gateway {
    /// A gateway without filters, routes and clusters: it answers 404.
    pub fn new() -> Self {
        let scenario = Scenario {
            filters: Vec::new(),
            manifests: Vec::new(),
            environment: BTreeMap::new(),
            virtual_hosts: Vec::new(),
            clusters: Vec::new(),
            concurrency: 1,
            buffer_limit: None,
            header_limits: None,
            route_timeout: Duration::from_secs(10),
            access_log: "%REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%".to_owned(),
            log_levels: BTreeMap::from([("wasm".to_owned(), "debug".to_owned())]),
        };
        Self { scenario, routes: Vec::new(), has_upstream: false }
    }

    /// Adds a plugin of this workspace with a JSON configuration.
    ///
    /// # Panics
    /// As [`Plugin::new`]: a missing or stale module.
    pub fn plugin(self, name: &str, config: Value) -> Self {
        self.with(Plugin::new(name).config(&config))
    }

    /// Adds a plugin with all its settings.
    pub fn with(mut self, plugin: Plugin) -> Self {
        self.scenario.filters.push(Filter::Plugin(plugin));
        self
    }

    /// Adds the plugins of a file of WasmPlugin manifests, with the modules in `dist/` in place of their images. Only
    /// our gateway reads manifests.
    ///
    /// # Panics
    /// When the module of `plugin`, which the file is about, is missing or stale.
    pub fn manifest(mut self, plugin: &str, file: impl Into<PathBuf>) -> Self {
        drop(Plugin::new(plugin));
        self.scenario.manifests.push(file.into());
        self
    }

    /// Sets a variable in the environment of the gateway itself.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.scenario.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Adds an HTTP filter of Envoy, given as the YAML of one entry of `http_filters`.
    ///
    /// # Panics
    /// When it is not YAML.
    pub fn filter_yaml(mut self, yaml: &str) -> Self {
        let filter = serde_yaml::from_str(yaml).unwrap_or_else(|error| panic!("not YAML ({error}):\n{yaml}"));
        self.scenario.filters.push(Filter::Native(filter));
        self
    }

    /// Sends all requests that no other route takes to this target: cluster `upstream`, route `default`.
    pub fn upstream(mut self, target: impl Into<Target>) -> Self {
        self.has_upstream = true;
        self.cluster(UPSTREAM, target)
    }

    /// Adds a cluster for routes and callouts.
    pub fn cluster(mut self, name: &str, target: impl Into<Target>) -> Self {
        self.scenario.clusters.push(Cluster { name: name.to_owned(), target: target.into() });
        self
    }

    /// Adds a route for all domains that no virtual host claims; earlier routes win.
    pub fn route(mut self, name: &str, prefix: &str, cluster: &str) -> Self {
        self.routes.push(Route::new(name, prefix, cluster));
        self
    }

    /// Adds a virtual host with its own domains and routes.
    pub fn virtual_host(mut self, host: VirtualHost) -> Self {
        self.scenario.virtual_hosts.push(host);
        self
    }

    /// Sets the number of worker threads, one unless told otherwise.
    pub fn concurrency(mut self, workers: u32) -> Self {
        self.scenario.concurrency = workers;
        self
    }

    /// Sets `per_connection_buffer_limit_bytes` on both sides. Higress runs with 32768 towards clients.
    pub fn buffer_limit(mut self, bytes: u32) -> Self {
        self.scenario.buffer_limit = Some(bytes);
        self
    }

    /// Allows heads of this many KiB and fields, on both sides. Envoy's own limits are 60 and 100.
    pub fn header_limits(mut self, kib: u32, count: u32) -> Self {
        self.scenario.header_limits = Some(HeaderLimits { kib, count });
        self
    }

    /// Sets the time after which the router answers 504, ten seconds unless told otherwise.
    pub fn route_timeout(mut self, timeout: Duration) -> Self {
        self.scenario.route_timeout = timeout;
        self
    }

    /// Sets the line of the access log, such as `%RESPONSE_CODE% %RESPONSE_CODE_DETAILS%`.
    pub fn access_log(mut self, format: &str) -> Self {
        format.clone_into(&mut self.scenario.access_log);
        self
    }

    /// Sets the log level of a component. `wasm` is at `debug` already.
    pub fn log_level(mut self, component: &str, level: &str) -> Self {
        self.scenario.log_levels.insert(component.to_owned(), level.to_owned());
        self
    }

    /// The description made so far.
    pub fn scenario(&self) -> Scenario {
        let mut scenario = self.scenario.clone();
        let mut rest = VirtualHost::new("default", &["*"]);
        rest.routes.clone_from(&self.routes);
        if self.has_upstream {
            rest.routes.push(Route::new("default", "/", UPSTREAM));
        }
        if !rest.routes.is_empty() {
            scenario.virtual_hosts.push(rest);
        }
        scenario
    }

    /// Starts it on the engine of the scenario, and waits until it serves; on a real Envoy outside scenarios.
    ///
    /// # Panics
    /// When it does not serve; the text holds its configuration and its log.
    pub fn start(&self) -> RunningGateway {
        self.start_on(Engine::current())
    }

    /// As [`start`](Self::start), for tests that expect it to refuse the configuration.
    ///
    /// # Errors
    /// When it ends instead of serving.
    pub fn try_start(&self) -> Result<RunningGateway, Refusal> {
        self.try_start_on(Engine::current())
    }

    /// Starts it on this engine, whatever the scenario runs on.
    ///
    /// # Panics
    /// When it does not serve.
    pub fn start_on(&self, engine: Engine) -> RunningGateway {
        self.try_start_on(engine).unwrap_or_else(|refusal| panic!("{refusal}"))
    }

    /// As [`start_on`](Self::start_on), for tests that expect a refusal.
    ///
    /// # Errors
    /// When it ends instead of serving.
    ///
    /// # Panics
    /// When its log shows a secret: see [`SECRET`](crate::SECRET).
    pub fn try_start_on(&self, engine: Engine) -> Result<RunningGateway, Refusal> {
        let refusal = match engine.start(&self.scenario()) {
            Ok(engine) => return Ok(RunningGateway::new(engine)),
            Err(refusal) => refusal,
        };
        let line = secret::shown_in(&refusal.log);
        assert!(line.is_none(), "{engine} shows a secret of the test in its log: {line:?}");
        Err(refusal)
    }
}
