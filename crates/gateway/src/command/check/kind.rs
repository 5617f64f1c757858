//! What a file is, told from its text.

use serde_yaml::Value;

use crate::bootstrap::document;

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A bootstrap file of Envoy.
    Bootstrap,
    /// Manifests of Higress's WasmPlugins.
    Manifests,
    /// Manifests of this other kind.
    Foreign(String),
    /// None of these.
    Unknown,
}

/// The fields of a bootstrap file that tell it from other files.
const BOOTSTRAP: [&str; 6] =
    ["static_resources", "staticResources", "dynamic_resources", "dynamicResources", "admin", "node"];

impl Kind {
    pub(super) fn of(text: &str) -> Self {
        let Ok(documents) = document::parse("", text) else { return Self::of_broken(text) };
        let word = |document: &Value, key| document.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_manifest = |document: &Value| {
            word(document, "kind") == "WasmPlugin" || word(document, "apiVersion").starts_with("extensions.higress.io/")
        };
        if documents.iter().any(is_manifest) {
            return Self::Manifests;
        }
        if let Some(kind) = documents.iter().map(|it| word(it, "kind")).find(|it| !it.is_empty()) {
            return Self::Foreign(kind);
        }
        let is_bootstrap = |document: &Value| BOOTSTRAP.iter().any(|key| document.get(key).is_some());
        if documents.iter().any(is_bootstrap) { Self::Bootstrap } else { Self::Unknown }
    }

    /// Whoever reads such a file tells what is broken; what is left to find out is who that is.
    fn of_broken(text: &str) -> Self {
        let is_manifest = |line: &str| line.starts_with("kind:") || line.starts_with("apiVersion:");
        if text.lines().any(is_manifest) { Self::Manifests } else { Self::Bootstrap }
    }

    /// What to read a file as that was named itself: when it is nothing to check, as what it was most likely meant to
    /// be, so that the faults tell why it is not.
    pub(super) fn insisted(self) -> Self {
        match self {
            Self::Foreign(_) => Self::Manifests,
            Self::Unknown => Self::Bootstrap,
            known => known,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart() {
        for (text, expected) in [
            ("static_resources: {}", Kind::Bootstrap),
            ("{\"admin\": {}}", Kind::Bootstrap),
            ("kind: WasmPlugin\napiVersion: v1", Kind::Manifests),
            ("kind: WasmPlugins\napiVersion: extensions.higress.io/v1alpha1", Kind::Manifests),
            ("{\"apiVersion\": \"extensions.higress.io/v1alpha1\"}", Kind::Manifests),
            ("kind: Ingress\n---\nkind: WasmPlugin", Kind::Manifests),
            ("kind: Kustomization", Kind::Foreign("Kustomization".to_owned())),
            ("services: {}", Kind::Unknown),
            ("kind: WasmPlugin\nspec: {", Kind::Manifests),
            ("admin: {", Kind::Bootstrap),
        ] {
            assert_eq!(Kind::of(text), expected, "{text}");
        }
        assert_eq!(Kind::of("{\"kind\": \"Ingress\"}").insisted(), Kind::Manifests);
        assert_eq!(Kind::of("services: {}").insisted(), Kind::Bootstrap);
    }
}
