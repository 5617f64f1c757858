//! Changes the log's levels while the gateway runs.

use super::Reply;
use crate::log::{Component, Level, LevelError, Log};

/// Answers `/logging`: without parameters it shows the levels, `level=debug` changes all, `wasm=debug` one, and
/// `paths=wasm:debug,http:info` several.
pub(super) fn page(log: &Log, query: &[(String, String)]) -> Reply {
    if let Err(error) = change(log, query) {
        let usage = "usage: /logging?<component>=<level>, /logging?level=<level>, or /logging for the levels";
        return Reply::text(format!("{error}\n{usage}\n")).with_status(400);
    }
    let line = |component: Component| format!("  {}: {}\n", component.name(), log.level(component));
    Reply::text(format!("active loggers:\n{}\n", Component::ALL.map(line).concat()))
}

fn change(log: &Log, query: &[(String, String)]) -> Result<(), LevelError> {
    for (key, value) in query {
        match key.as_str() {
            "level" => log.set_all(value.parse::<Level>()?),
            "paths" => log.set_from(value)?,
            component => log.set_from(&format!("{component}:{value}"))?,
        }
    }
    Ok(())
}
