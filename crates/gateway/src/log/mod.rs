//! The log: lines as Envoy writes them, with a level for each component that can be changed while it runs.

mod component;
mod format;
mod level;

use std::fmt;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

pub use component::{Component, UnknownComponent};
pub use format::{Format, Line};
pub use level::{Level, UnknownLevel};

use crate::world::LogLine;

/// Where lines go, and from which level on. Shared by all threads.
pub struct Log {
    levels: [AtomicU8; Component::ALL.len()],
    format: Format,
    colour: bool,
    out: Mutex<Box<dyn Write + Send>>,
}

impl Log {
    /// A log on standard error, in colour when that is a terminal. All components have the same level at first.
    pub fn new(level: Level, format: Format) -> Self {
        let stderr = std::io::stderr();
        Self { colour: stderr.is_terminal(), ..Self::to(level, format, Box::new(stderr)) }
    }

    /// A log that goes to `out`, without colour.
    pub fn to(level: Level, format: Format, out: Box<dyn Write + Send>) -> Self {
        let levels = Component::ALL.map(|_| AtomicU8::new(level as u8));
        Self { levels, format, colour: false, out: Mutex::new(out) }
    }

    /// Sets levels as `--component-log-level` gives them: `wasm:debug,http:trace`.
    ///
    /// # Errors
    /// When a component or a level is not known; then nothing is changed.
    pub fn set_from(&self, list: &str) -> Result<(), LevelError> {
        let pairs = list.split(',').filter(|pair| !pair.is_empty()).map(|pair| {
            let (component, level) = pair.split_once(':').ok_or_else(|| LevelError::NoLevel(pair.to_owned()))?;
            Ok((Component::named(component)?, level.parse()?))
        });
        for (component, level) in pairs.collect::<Result<Vec<_>, LevelError>>()? {
            if let Some(component) = component {
                self.set(component, level);
            }
        }
        Ok(())
    }

    /// Changes the level of one component.
    pub fn set(&self, component: Component, level: Level) {
        if let Some(known) = self.levels.get(component as usize) {
            known.store(level as u8, Ordering::Relaxed);
        }
    }

    /// Changes the level of all components.
    pub fn set_all(&self, level: Level) {
        for component in Component::ALL {
            self.set(component, level);
        }
    }

    /// The level from which lines of a component are written.
    pub fn level(&self, component: Component) -> Level {
        let number =
            self.levels.get(component as usize).map_or(Level::Off as u8, |level| level.load(Ordering::Relaxed));
        Level::from_number(number.into())
    }

    /// Whether lines of this level are written.
    pub fn wants(&self, component: Component, level: Level) -> bool {
        level >= self.level(component) && level != Level::Off
    }

    /// Writes a line, if its level is wanted. What it says must hold no secret and no body.
    pub fn write(&self, component: Component, level: Level, text: fmt::Arguments<'_>) {
        if !self.wants(component, level) {
            return;
        }
        let line = Line { time: SystemTime::now(), level, component: component.name(), text };
        let mut bytes = self.format.line(&line, self.colour).into_bytes();
        bytes.push(b'\n');
        // A log that cannot be written has nobody to tell it to.
        let _ = self.out.lock().unwrap_or_else(PoisonError::into_inner).write_all(&bytes);
    }

    /// Writes what a plugin said, with the names that Envoy puts before it.
    pub fn plugin(&self, line: LogLine<'_>) {
        let level = Level::from_number(line.level);
        if !self.wants(Component::Wasm, level) {
            return;
        }
        let names = [line.plugin, line.root_id, line.vm_id].into_iter().filter(|name| !name.is_empty());
        let prefix: String = names.flat_map(|name| [" ", name]).collect();
        self.write(Component::Wasm, level, format_args!("wasm log{prefix}: {}", line.text));
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let levels = Component::ALL.map(|component| (component.name(), self.level(component)));
        f.debug_map().entries(levels).finish()
    }
}

/// A list of levels that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LevelError {
    /// There is no `:`.
    NoLevel(String),
    /// No component has this name.
    Component(UnknownComponent),
    /// No level has this name.
    Level(UnknownLevel),
}

impl fmt::Display for LevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLevel(text) => write!(f, "found {text:?}, wanted: component:level, such as wasm:debug"),
            Self::Component(unknown) => unknown.fmt(f),
            Self::Level(unknown) => unknown.fmt(f),
        }
    }
}

impl std::error::Error for LevelError {}

impl From<UnknownComponent> for LevelError {
    fn from(unknown: UnknownComponent) -> Self {
        Self::Component(unknown)
    }
}

impl From<UnknownLevel> for LevelError {
    fn from(unknown: UnknownLevel) -> Self {
        Self::Level(unknown)
    }
}

#[cfg(test)]
mod tests;
