//! The gateway's configuration, changed for this machine: addresses, ports, the place of the plugins.

use anyhow::{Context, Result, bail};
use serde_yaml::Value;
use std::path::Path;

/// Where the compose stack mounts the plugins.
const MOUNTED: &str = "/etc/envoy/";

pub(super) struct Ports {
    pub(super) gateway: u16,
    pub(super) admin: u16,
    pub(super) httpbin: u16,
    /// Where the service `redis` is here; without one its clusters stay as they are.
    pub(super) redis: Option<u16>,
}

/// A configuration for this machine, and the plugins that it loads.
pub(super) struct Bootstrap {
    config: Value,
    plugins: Vec<String>,
    redis: Option<u16>,
}

impl Bootstrap {
    /// Reads `source` and changes it: servers bind to 127.0.0.1 and `ports`, the services of the compose stack are
    /// here too, and plugins come from the folder `dist`.
    pub(super) fn load(source: &Path, ports: &Ports, dist: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(source).with_context(|| format!("cannot read {}", source.display()))?;
        Self::parse(&text, ports, dist).with_context(|| format!("in {}", source.display()))
    }

    fn parse(text: &str, ports: &Ports, dist: &Path) -> Result<Self> {
        let mut config: Value = serde_yaml::from_str(text).context("not YAML")?;
        let admin = at(&mut config, &["admin", "address", "socket_address"])?;
        place(admin, ports.admin)?;
        let listeners = at(&mut config, &["static_resources", "listeners"])?;
        let [listener] = listeners.as_sequence_mut().context("`listeners` is not a list")?.as_mut_slice() else {
            bail!("needs exactly one listener, for there is one port for it");
        };
        place(at(listener, &["address", "socket_address"])?, ports.gateway)?;
        let clusters = at(&mut config, &["static_resources", "clusters"])?;
        if move_service(clusters, "httpbin", ports.httpbin)? == 0 {
            bail!("no cluster leads to `httpbin`");
        }
        if let Some(port) = ports.redis {
            move_service(clusters, "redis", port)?;
        }
        let mut plugins = Vec::new();
        take_plugins_from(&mut config, dist, &mut plugins);
        Ok(Self { config, plugins, redis: ports.redis })
    }

    /// The plugins that the configuration loads, by name.
    pub(super) fn plugins(&self) -> impl Iterator<Item = &str> {
        self.plugins.iter().map(String::as_str)
    }

    /// Takes out the filters of a plugin.
    pub(super) fn drop_plugin(&mut self, name: &str) {
        self.plugins.retain(|it| it != name);
        drop_filters(&mut self.config, name);
    }

    /// Where the service `redis` was moved to.
    pub(super) fn redis(&self) -> Option<u16> {
        self.redis
    }

    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_yaml::to_string(&self.config)?;
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

fn at<'a>(value: &'a mut Value, path: &[&str]) -> Result<&'a mut Value> {
    path.iter().try_fold(value, |value, key| value.get_mut(*key)).with_context(|| format!("no `{}`", path.join(".")))
}

/// Changes a socket address.
fn place(address: &mut Value, port: u16) -> Result<()> {
    *at(address, &["address"])? = "127.0.0.1".into();
    *at(address, &["port_value"])? = port.into();
    Ok(())
}

/// Points every endpoint of a service of the compose stack to this machine; tells how many there were.
fn move_service(clusters: &mut Value, name: &str, port: u16) -> Result<usize> {
    let addresses = socket_addresses(clusters).into_iter();
    let of_service = addresses.filter(|it| it.get("address").and_then(Value::as_str) == Some(name));
    of_service.map(|address| place(address, port)).collect::<Result<Vec<_>>>().map(|moved| moved.len())
}

/// All socket addresses under `value`.
fn socket_addresses(value: &mut Value) -> Vec<&mut Value> {
    match value {
        Value::Mapping(map) => map
            .iter_mut()
            .flat_map(|(key, value)| match key.as_str() {
                Some("socket_address") => vec![value],
                _ => socket_addresses(value),
            })
            .collect(),
        Value::Sequence(list) => list.iter_mut().flat_map(socket_addresses).collect(),
        _ => Vec::new(),
    }
}

/// Changes every path of a mounted plugin, and notes the plugin's name.
fn take_plugins_from(value: &mut Value, dist: &Path, plugins: &mut Vec<String>) {
    match value {
        Value::Mapping(map) => map.values_mut().for_each(|value| take_plugins_from(value, dist, plugins)),
        Value::Sequence(list) => list.iter_mut().for_each(|value| take_plugins_from(value, dist, plugins)),
        Value::String(path) => {
            let Some(name) = path.strip_prefix(MOUNTED).and_then(|file| file.strip_suffix(".wasm")) else {
                return;
            };
            let name = name.to_owned();
            *path = dist.join(format!("{name}.wasm")).display().to_string();
            if !plugins.contains(&name) {
                plugins.push(name);
            }
        }
        _ => {}
    }
}

/// Takes the filters that load `name` out of every list of `http_filters`.
fn drop_filters(value: &mut Value, name: &str) {
    match value {
        Value::Mapping(map) => {
            for (key, value) in map.iter_mut() {
                match (key.as_str(), value) {
                    (Some("http_filters"), Value::Sequence(filters)) => filters.retain(|it| !loads(it, name)),
                    (_, value) => drop_filters(value, name),
                }
            }
        }
        Value::Sequence(list) => list.iter_mut().for_each(|value| drop_filters(value, name)),
        _ => {}
    }
}

fn loads(value: &Value, name: &str) -> bool {
    match value {
        Value::Mapping(map) => map.values().any(|value| loads(value, name)),
        Value::Sequence(list) => list.iter().any(|value| loads(value, name)),
        Value::String(text) => text.ends_with(&format!("/{name}.wasm")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTS: Ports = Ports { gateway: 1, admin: 2, httpbin: 3, redis: Some(4) };

    #[test]
    fn moves_the_checked_in_configuration_to_this_machine() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../envoy.yaml");
        let mut moved = Bootstrap::load(&source, &PORTS, Path::new("/there/dist")).unwrap();
        let plugins: Vec<_> = moved.plugins().collect();
        assert_eq!(plugins, ["mock-response", "rate-limiter", "token-fetcher", "header-injector"]);

        let addresses: Vec<_> = socket_addresses(&mut moved.config)
            .into_iter()
            .map(|it| (it["address"].as_str().unwrap().to_owned(), it["port_value"].as_u64().unwrap()))
            .collect();
        let here = |port| ("127.0.0.1".to_owned(), port);
        assert_eq!(addresses, [here(2), here(1), here(3), here(4)]);

        let text = serde_yaml::to_string(&moved.config).unwrap();
        assert!(text.contains("filename: /there/dist/mock-response.wasm"), "{text}");
        assert!(!text.contains(MOUNTED), "{text}");

        moved.drop_plugin("rate-limiter");
        let text = serde_yaml::to_string(&moved.config).unwrap();
        assert!(!text.contains("rate-limiter") && text.contains("token-fetcher"), "{text}");
        assert_eq!(moved.plugins().count(), 3);
    }

    #[test]
    fn says_what_a_configuration_lacks() {
        let error = |text| format!("{:#}", Bootstrap::parse(text, &PORTS, Path::new("dist")).err().unwrap());
        assert_eq!(error("{}"), "no `admin.address.socket_address`");
        let admin = "admin: {address: {socket_address: {address: a, port_value: 1}}}\n";
        let listener = "{address: {socket_address: {address: a, port_value: 1}}}";
        let text = format!("{admin}static_resources: {{listeners: [{listener}], clusters: []}}");
        assert_eq!(error(&text), "no cluster leads to `httpbin`");
        let text = format!("{admin}static_resources: {{listeners: [{listener}, {listener}], clusters: []}}");
        assert!(error(&text).starts_with("needs exactly one listener"));
    }
}
