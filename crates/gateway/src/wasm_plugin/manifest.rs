//! Reads one manifest strictly.

use super::{Configuration, ModuleUrl, WasmPlugin};
use crate::bootstrap::Environment;
use crate::bootstrap::document::{Message, Node};

/// The part of the chain that a plugin stands in, in the order of the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Before authentication is done.
    Authn,
    /// After authentication, before authorization is done.
    Authz,
    /// After authorization, before statistics are taken.
    Stats,
    /// At the end, right before the router.
    #[default]
    Unspecified,
}

const API_VERSION: &str = "extensions.higress.io/v1alpha1";
const KIND: &str = "WasmPlugin";

/// Higress's controller reads manifests in its own namespace only, which has this name unless installed otherwise.
const NAMESPACE: &str = "higress-system";

impl WasmPlugin {
    /// `None` after a fault about the kind: what follows then has other fields.
    pub(super) fn read(manifest: &Message<'_>) -> Option<Self> {
        let api_version = manifest.need("apiVersion");
        let kind = manifest.need("kind");
        if !matches!(kind.text().as_str(), "" | KIND) {
            kind.unsupported(&format!("`{KIND}` of `{API_VERSION}`; keep other objects in files of their own"));
            manifest.accept_rest();
            return None;
        }
        api_version.one_of(&[(API_VERSION, ())]);
        let (name, namespace) = manifest.need("metadata").message(|metadata| {
            for bookkeeping in ["labels", "annotations"] {
                if let Some(texts) = metadata.get(bookkeeping) {
                    texts.entries().iter().for_each(|(_, text)| drop(text.text()));
                }
            }
            metadata.ignore(
                &["creationTimestamp", "generation", "managedFields", "resourceVersion", "uid", "finalizers"],
                "it belongs to the cluster that the manifest was taken from",
            );
            let namespace = metadata.get("namespace").map(|it| it.name());
            (metadata.need("name").name(), namespace.unwrap_or_else(|| NAMESPACE.to_owned()))
        });
        manifest.ignore(&["status"], "it belongs to the cluster that the manifest was taken from");
        Some(manifest.need("spec").message(|spec| Self::read_spec(spec, name, namespace)))
    }

    fn read_spec(spec: &Message<'_>, name: String, namespace: String) -> Self {
        const PHASES: [(&str, Phase); 4] = [
            ("UNSPECIFIED_PHASE", Phase::Unspecified),
            ("AUTHN", Phase::Authn),
            ("AUTHZ", Phase::Authz),
            ("STATS", Phase::Stats),
        ];
        const STRATEGIES: [(&str, bool); 2] = [("FAIL_CLOSE", false), ("FAIL_OPEN", true)];
        spec.refuse(
            &["selector", "targetRefs", "match", "type"],
            "Istio's field; Higress's WasmPlugin does not have it",
        );
        let plugin = Self {
            name,
            namespace,
            url: ModuleUrl::read(&spec.need("url")),
            plugin_name: spec.get("pluginName").map(|it| it.text()).unwrap_or_default(),
            phase: spec.get("phase").map(|it| it.one_of(&PHASES)).unwrap_or_default(),
            priority: spec
                .get("priority")
                .and_then(|it| it.whole(i32::MIN.into(), i32::MAX.into()).try_into().ok())
                .unwrap_or_default(),
            fail_open: spec.get("failStrategy").is_some_and(|it| it.one_of(&STRATEGIES)),
            environment: spec.get("vmConfig").map(|it| it.message(read_environment)).unwrap_or_default(),
            configuration: Configuration::read(spec),
        };
        read_pull(spec);
        plugin
    }
}

/// How the image is fetched and verified: checked, and without effect here.
fn read_pull(spec: &Message<'_>) {
    const UNUSED: &str = "has no effect here: nothing is pulled";
    if let Some(policy) = spec.get("imagePullPolicy") {
        policy.one_of(&[("UNSPECIFIED_POLICY", ()), ("IfNotPresent", ()), ("Always", ())]);
        policy.warn(UNUSED);
    }
    for name in ["imagePullSecret", "verificationKey"] {
        if let Some(node) = spec.get(name) {
            node.text();
            node.warn(UNUSED);
        }
    }
    if let Some(sha256) = spec.get("sha256") {
        let text = sha256.text();
        if !text.is_empty() && (text.len() != 64 || text.bytes().any(|it| !it.is_ascii_hexdigit())) {
            sha256.unsupported("64 hexadecimal digits, without `sha256:`");
        }
        if !text.is_empty() {
            sha256.warn("has no effect here: the module is taken as it is, so that it can be rebuilt");
        }
    }
}

fn read_environment(vm: &Message<'_>) -> Environment {
    let mut environment = Environment::default();
    let mut names = Vec::new();
    for item in vm.get("env").map(|it| it.items()).unwrap_or_default() {
        let name = item.message(|variable| read_variable(variable, &mut environment));
        if names.contains(&name) && !name.is_empty() {
            item.fault(format!("a variable named {name:?} stands above already"));
        }
        names.push(name);
    }
    environment
}

fn read_variable(variable: &Message<'_>, environment: &mut Environment) -> String {
    let name = variable.need("name").name();
    let value = variable.get("value");
    let from_host = variable.get("valueFrom").is_some_and(|it| it.one_of(&[("INLINE", false), ("HOST", true)]));
    if from_host {
        if let Some(value) = value.filter(|it: &Node<'_>| !it.text().is_empty()) {
            value.fault(
                "a variable from HOST has the value that the gateway's own environment gives it; leave `value` out",
            );
        }
        environment.host_env_keys.push(name.clone());
    } else {
        let value = value.map(|it| it.text()).unwrap_or_default();
        environment.key_values.insert(name.clone(), value);
    }
    name
}
