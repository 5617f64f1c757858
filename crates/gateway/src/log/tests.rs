//! What is written, and what is not.

use std::sync::{Arc, Mutex};

use super::*;

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn log(level: Level) -> (Log, impl Fn() -> String) {
    let kept = Kept::default();
    let log = Log::to(level, Format::from("%l|%n|%v"), Box::new(kept.clone()));
    (log, move || String::from_utf8(kept.0.lock().unwrap().clone()).unwrap())
}

#[test]
fn each_component_has_its_level() {
    let (log, written) = log(Level::Warn);
    log.set_from("wasm:debug,redis:off,dns:trace").unwrap();
    for component in [Component::Wasm, Component::Redis, Component::Http] {
        for level in [Level::Trace, Level::Debug, Level::Error] {
            log.write(component, level, format_args!("x"));
        }
    }
    assert_eq!(written(), "debug|wasm|x\nerror|wasm|x\nerror|http|x\n");
}

#[test]
fn levels_change_at_run_time() {
    let (log, written) = log(Level::Info);
    log.set_all(Level::Off);
    log.write(Component::Main, Level::Critical, format_args!("not wanted"));
    log.set(Component::Main, Level::Trace);
    log.write(Component::Main, Level::Trace, format_args!("wanted"));
    assert_eq!((log.level(Component::Main), log.level(Component::Http)), (Level::Trace, Level::Off));
    assert_eq!(written(), "trace|main|wanted\n");
}

#[test]
fn what_is_misspelt_is_refused_whole() {
    let (log, _) = log(Level::Info);
    let fault = |list| log.set_from(list).unwrap_err().to_string();
    assert!(fault("http:debug,wsm:debug").contains("\"wsm\", there are: admin, config"));
    assert!(fault("wasm:loud").contains("\"loud\", there are: trace, debug"));
    assert!(fault("wasm").contains("component:level"));
    assert_eq!(log.level(Component::Http), Level::Info);
}

#[test]
fn a_plugins_line_begins_with_its_names() {
    let (log, written) = log(Level::Info);
    let line = |plugin, root_id, vm_id, level| LogLine { level, plugin, root_id, vm_id, text: "hi" };
    log.plugin(line("p", "r", "v", 2));
    log.plugin(line("p", "", "v", 4));
    log.plugin(line("", "", "", 5));
    log.plugin(line("p", "", "", 1));
    assert_eq!(written(), "info|wasm|wasm log p r v: hi\nerror|wasm|wasm log p v: hi\ncritical|wasm|wasm log: hi\n");
}
