//! One source for a plugin's configuration: from its types come the form of Higress's console (`spec.yaml`), the schema
//! for editors (`schema.json`) and the tables of options in both READMEs. Tests compare; `make spec` writes.
//!
//! English texts are the doc comments of the fields. What the types do not say, such as the Chinese texts, stands in the
//! plugin's `console.yaml`; see [`Console`].

mod agreement;
mod arrange;
mod check;
mod console;
mod field;
mod form;
mod plain;
mod table;
mod words;

pub use check::faults;
pub use console::Console;

use agreement::Agreement;
use field::Field;
use plugin_core::{JsonSchema, Plugin};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The specification of a plugin: `plugin_spec::of!(MockResponse).assert_fresh()`.
#[macro_export]
macro_rules! of {
    ($plugin:ty) => {
        $crate::Spec::of::<$plugin>($crate::Package {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            description: env!("CARGO_PKG_DESCRIPTION"),
            folder: env!("CARGO_MANIFEST_DIR").as_ref(),
        })
    };
}

/// What Cargo knows of a plugin.
#[derive(Clone, Copy, Debug)]
pub struct Package<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// What it does, in one English sentence.
    pub description: &'a str,
    /// Where its files are.
    pub folder: &'a Path,
}

/// What the types and `console.yaml` of a plugin say together.
pub struct Spec<'a> {
    package: Package<'a>,
    schema: Value,
    console: Console,
    fields: Vec<Field>,
    agreement: Agreement,
}

impl<'a> Spec<'a> {
    /// Reads the plugin's `console.yaml`.
    ///
    /// # Panics
    /// When that file is missing, cannot be read, or has other fields than the plugin.
    pub fn of<P: Plugin + JsonSchema + DeserializeOwned>(package: Package<'a>) -> Self {
        let schema = plain::schema_of::<P>();
        let console = Console::read(&package.folder.join("console.yaml")).unwrap_or_else(|error| fail(&error));
        let fields = field::all(&schema);
        let faults = console.faults(&fields);
        if !faults.is_empty() {
            fail(&format!("{}/console.yaml and the configuration's types differ:\n{faults}", package.folder.display()));
        }
        Self { package, schema, console, fields, agreement: Agreement::of::<P>() }
    }

    /// The JSON Schema of one configuration.
    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// All generated files, whole, by path.
    ///
    /// # Errors
    /// Files without the places that the tables go to.
    pub fn files(&self) -> Result<Vec<(PathBuf, String)>, String> {
        let example = self.read("example.yaml")?;
        let mut files = vec![
            (self.path("spec.yaml"), form::spec_yaml(self, &example)?),
            (self.path("schema.json"), arrange::schema_json(self)?),
        ];
        for (name, language) in [("README.md", words::ENGLISH), ("README_ZH.md", words::CHINESE)] {
            let page = self.read(name)?;
            let page = table::filled(self, &page, language).map_err(|fault| format!("{name}: {fault}"))?;
            files.push((self.path(name), page));
        }
        Ok(files)
    }

    /// The generated files that are not as the types say, as they ought to be.
    ///
    /// # Errors
    /// As those of [`Spec::files`].
    pub fn stale(&self) -> Result<Vec<(PathBuf, String)>, String> {
        let is_fresh = |path: &Path, text: &str| std::fs::read_to_string(path).is_ok_and(|found| found == text);
        Ok(self.files()?.into_iter().filter(|(path, text)| !is_fresh(path, text)).collect())
    }

    /// Fails when a generated file is stale. With `BLESS=1`, as `make spec` sets it, writes such files instead.
    ///
    /// # Panics
    /// When a file is stale, or cannot be made or written.
    pub fn assert_fresh(&self) {
        let stale = self.stale().unwrap_or_else(|fault| fail(&format!("{}: {fault}", self.package.folder.display())));
        if std::env::var_os("BLESS").is_some() {
            for (path, text) in &stale {
                std::fs::write(path, text).unwrap_or_else(|error| fail(&format!("{}: {error}", path.display())));
            }
        } else if !stale.is_empty() {
            let names: Vec<_> = stale.iter().map(|(path, _)| path.display().to_string()).collect();
            fail(&format!("not what the configuration's types say; run `make spec`: {}", names.join(", ")));
        }
    }

    /// Fails when the schema refuses what the plugin takes: these configurations, written as YAML or JSON, and all that
    /// become of them by one change. Fails too when the plugin does not take one as it is, or no change is refused.
    ///
    /// # Panics
    /// As said.
    pub fn assert_agrees(&self, configurations: &[&str]) {
        self.agreement.check(&self.schema, configurations).unwrap_or_else(|fault| fail(&fault));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.package.folder.join(name)
    }

    fn read(&self, name: &str) -> Result<String, String> {
        std::fs::read_to_string(self.path(name)).map_err(|error| format!("{name}: {error}"))
    }
}

#[allow(clippy::panic, reason = "this crate is for tests: a test that panics is a test that fails")]
#[track_caller]
fn fail(message: &str) -> ! {
    panic!("{message}")
}
