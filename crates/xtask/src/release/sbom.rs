//! The bill of materials of a module, in CycloneDX 1.5 (<https://cyclonedx.org/docs/1.5/json/>): every crate that cargo
//! compiles for it. (The linker drops most of their code.)

use crate::toolchain::TARGET;
use crate::workspace::{Package, Workspace, cargo};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Crate>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Crate {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// None for a dependency that is linked; `build` and `dev` else.
    kind: Option<String>,
}

/// The bill for the module of `package` whose file has the checksum `sha256`.
pub(super) fn of(workspace: &Workspace, package: &Package, sha256: &str) -> Result<Vec<u8>> {
    let mut command = cargo();
    command.current_dir(&workspace.root).args(["metadata", "--format-version", "1", "--locked"]);
    let output = command.args(["--filter-platform", TARGET]).output().context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).context("cannot read what `cargo metadata` wrote")?;
    let bill = bill(&metadata, &compiled(workspace, package)?, &package.name, sha256)?;
    Ok(format!("{bill:#}\n").into_bytes())
}

/// Names and versions of what cargo compiles for `package` alone: `cargo metadata` knows the features of the whole
/// workspace only. Procedural macros run in the compiler and are left out.
fn compiled(workspace: &Workspace, package: &Package) -> Result<BTreeSet<(String, String)>> {
    let mut command = cargo();
    command.current_dir(&workspace.root).args(["tree", "--locked", "--package", &package.name, "--target", TARGET]);
    let output = command
        .args(["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"])
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let crates = lines.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
    });
    Ok(crates.collect())
}

fn bill(metadata: &Metadata, compiled: &BTreeSet<(String, String)>, name: &str, sha256: &str) -> Result<Value> {
    let is_compiled = |one: &&Crate| compiled.contains(&(one.name.clone(), one.version.clone()));
    let crates: BTreeMap<&str, &Crate> =
        metadata.packages.iter().filter(is_compiled).map(|one| (one.id.as_str(), one)).collect();
    let linked: BTreeMap<&str, Vec<&str>> =
        metadata.resolve.nodes.iter().map(|node| (node.id.as_str(), node.linked(&crates))).collect();
    let root = metadata.packages.iter().find(|one| one.name == name && one.source.is_none());
    let root = root.with_context(|| format!("cargo knows no package `{name}` of this workspace"))?;

    let mut found = BTreeSet::new();
    let mut next = vec![root.id.as_str()];
    while let Some(id) = next.pop() {
        if found.insert(id) {
            next.extend(linked.get(id).into_iter().flatten());
        }
    }
    let known = |id: &&str| crates.get(*id).copied();
    let components: Vec<Value> =
        found.iter().filter(|id| **id != root.id).filter_map(known).map(Crate::component).collect();
    let dependencies: Vec<Value> = found
        .iter()
        .filter_map(|id| {
            let on: Vec<String> = linked.get(id)?.iter().filter_map(known).map(Crate::reference).collect();
            Some(json!({ "ref": known(id)?.reference(), "dependsOn": on }))
        })
        .collect();
    let mut module = root.component();
    if let Some(module) = module.as_object_mut() {
        module.insert("type".to_owned(), json!("application"));
        module.insert("hashes".to_owned(), json!([{ "alg": "SHA-256", "content": sha256 }]));
    }
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": module },
        "components": components,
        "dependencies": dependencies,
    }))
}

impl Node {
    /// The crates of `crates` that are linked into it.
    fn linked<'a>(&'a self, crates: &BTreeMap<&str, &Crate>) -> Vec<&'a str> {
        let linked = |edge: &&Edge| edge.dep_kinds.iter().any(|kind| kind.kind.is_none());
        let edges = self.deps.iter().filter(linked).map(|edge| edge.pkg.as_str());
        edges.filter(|id| crates.contains_key(id)).collect()
    }
}

impl Crate {
    /// Its package URL (<https://github.com/package-url/purl-spec>); only for what was published.
    fn purl(&self) -> Option<String> {
        self.source.as_ref().map(|_| format!("pkg:cargo/{}@{}", self.name, self.version))
    }

    /// What the bill calls it.
    fn reference(&self) -> String {
        self.purl().unwrap_or_else(|| format!("{}@{}", self.name, self.version))
    }

    fn component(&self) -> Value {
        let mut component = json!({
            "type": "library",
            "bom-ref": self.reference(),
            "name": self.name,
            "version": self.version,
        });
        let Some(fields) = component.as_object_mut() else { return component };
        fields.extend(self.purl().map(|purl| ("purl".to_owned(), json!(purl))));
        // `/` is how `OR` was written before there were SPDX expressions.
        let expression = self.license.as_ref().map(|license| license.replace('/', " OR "));
        fields.extend(expression.map(|text| ("licenses".to_owned(), json!([{ "expression": text }]))));
        component
    }
}
