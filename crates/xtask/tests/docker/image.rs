//! An image made of programs of this machine, each with the libraries that it loads.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::engine::Engine;

/// What an image is to hold.
#[derive(Default)]
pub(crate) struct Image {
    /// Files and where they come from.
    files: BTreeMap<PathBuf, PathBuf>,
    links: BTreeMap<PathBuf, PathBuf>,
    texts: BTreeMap<PathBuf, String>,
}

impl Image {
    /// A program of this machine at a path in the image.
    pub(crate) fn program(mut self, at: &str, here: &Path) -> Self {
        self.files.insert(at.into(), here.to_owned());
        self.libraries(&[here.to_owned()])
    }

    /// An executable script.
    pub(crate) fn script(mut self, at: &str, text: &str) -> Self {
        self.texts.insert(at.into(), text.to_owned());
        self
    }

    pub(crate) fn link(mut self, at: &str, target: &Path) -> Self {
        self.links.insert(at.into(), target.to_owned());
        self
    }

    /// A folder at the path that it has here, without the entries of these names in it, and with the libraries that
    /// libraries in it load.
    pub(crate) fn folder(mut self, folder: &Path, without: &[&str]) -> Self {
        let mut libraries = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            for entry in next.read_dir().unwrap() {
                let entry = entry.unwrap();
                let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
                let left_out = next == folder && without.iter().any(|it| name.starts_with(it));
                if left_out || name == "__pycache__" {
                    continue;
                } else if path.is_dir() {
                    folders.push(path);
                } else {
                    libraries.extend(name.ends_with(".so").then(|| path.clone()));
                    self.files.insert(path.clone(), path);
                }
            }
        }
        self.libraries(&libraries)
    }

    /// Gives the image to the engine; `changes` are lines as in a Dockerfile.
    pub(crate) fn load(self, engine: &Engine, name: &str, changes: &[&str]) {
        let file = engine.folder().join("image.tar");
        self.write(&file).unwrap();
        let mut import = vec!["import"];
        import.extend(changes.iter().flat_map(|change| ["--change", *change]));
        import.extend([file.to_str().unwrap(), name]);
        engine.docker(&import);
        std::fs::remove_file(file).unwrap();
    }

    fn write(self, file: &Path) -> std::io::Result<()> {
        let mut archive = tar::Builder::new(File::create(file)?);
        // The engine does not read files with holes.
        archive.sparse(false);
        for folder in ["tmp", "data"] {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(tar::EntryType::Directory);
            header.set_mode(0o1777);
            header.set_size(0);
            archive.append_data(&mut header, folder, std::io::empty())?;
        }
        for (at, here) in &self.files {
            archive.append_path_with_name(here, at.strip_prefix("/").unwrap_or(at))?;
        }
        for (at, text) in &self.texts {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o755);
            header.set_size(text.len() as u64);
            archive.append_data(&mut header, at.strip_prefix("/").unwrap_or(at), text.as_bytes())?;
        }
        for (at, target) in &self.links {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_size(0);
            archive.append_link(&mut header, at.strip_prefix("/").unwrap_or(at), target)?;
        }
        archive.finish()
    }

    /// Adds what the dynamic linker would load for these files.
    fn libraries(mut self, files: &[PathBuf]) -> Self {
        if files.is_empty() {
            return self;
        }
        let output = Command::new("ldd").args(files).output().unwrap();
        for line in String::from_utf8(output.stdout).unwrap().lines().filter(|line| line.starts_with('\t')) {
            // `libc.so.6 => /lib/libc.so.6 (0x7f..)`, or the linker itself without an arrow.
            let path = line.rsplit("=> ").next().unwrap().trim().split(" (").next().unwrap();
            if path.starts_with('/') {
                self.files.insert(path.into(), path.into());
            }
        }
        self
    }
}
