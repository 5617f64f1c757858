//! Which filters share a machine, and what becomes of machines when the chains of a worker change.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use gateway::{
    ExchangeId, Facts, Filter, LogView, MachineId, Message, Module, NotStarted, Output, Outputs, Plugin, RootId,
    StartError, VmSettings, Worker,
};

use super::{get, guest, wat, world::FakeWorld};

/// A worker whose machines have worlds of plain data, to be looked at by machine.
pub(crate) struct Chains {
    pub(crate) worker: Worker,
    worlds: Rc<RefCell<BTreeMap<MachineId, Rc<FakeWorld>>>>,
}

impl Chains {
    pub(crate) fn new(chains: &[Vec<Filter>]) -> Self {
        let worlds: Rc<RefCell<BTreeMap<_, _>>> = Rc::default();
        let made = worlds.clone();
        let mut worker =
            Worker::new(move |id| made.borrow_mut().entry(id).or_insert_with(Rc::<FakeWorld>::default).clone());
        assert_eq!(worker.configure(chains), Ok(Outputs::new()));
        Self { worker, worlds }
    }

    /// The machines that run, oldest first.
    pub(crate) fn machines(&self) -> Vec<MachineId> {
        self.worker.machines().map(|(id, _)| id).collect()
    }

    pub(crate) fn world(&self, id: MachineId) -> Rc<FakeWorld> {
        self.worlds.borrow()[&id].clone()
    }

    /// All that was logged in a machine, in one string.
    pub(crate) fn told(&self, id: MachineId) -> String {
        let world = self.world(id);
        let log = world.log.borrow();
        log.iter().map(|(_, line)| line.as_str()).collect()
    }

    pub(crate) fn open(&mut self) -> ExchangeId {
        self.worker.open(0, Rc::new(Facts::default()))
    }

    pub(crate) fn get(&mut self, id: ExchangeId, end: bool) -> Outputs {
        self.worker.from_client(id, Message::Headers { headers: get(), end })
    }

    pub(crate) fn finish(&mut self, id: ExchangeId) {
        assert_eq!(self.worker.finish(id, &LogView::default()), []);
    }
}

pub(crate) fn filter(module: &Module, name: &str) -> Filter {
    let plugin = Plugin { name: name.to_owned(), configuration: name.into(), ..Plugin::default() };
    Filter { module: module.clone(), vm: VmSettings::default(), plugin }
}

/// Logs the letter of each thing that happens to a root context and refuses a configuration of 4 bytes; `unique` makes
/// it a module of its own.
fn teller(unique: &str) -> Module {
    let tell = |at: u32| format!("(drop (call $log (i32.const 2) (i32.const {at}) (i32.const 1)))");
    wat(&guest(
        r#"(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))"#,
        &format!(
            r#"(data (i32.const 100) "vcdx") (data (i32.const 300) "{unique}")
            (func (export "proxy_on_vm_start") (param i32 i32) (result i32) {v} (i32.const 1))
            (func (export "proxy_on_configure") (param i32 i32) (result i32) {c} (i32.ne (local.get 1) (i32.const 4)))
            (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 0))
            (func (export "proxy_on_done") (param i32) (result i32) {d} (i32.const 1))
            (func (export "proxy_on_delete") (param i32) {x})"#,
            v = tell(100),
            c = tell(101),
            d = tell(102),
            x = tell(103),
        ),
    ))
}

#[test]
fn filters_of_one_code_and_identity_share_a_machine() {
    let (one, two) = (teller("1"), teller("2"));
    let mut other_id = filter(&one, "d");
    other_id.vm.vm_id = "other".to_owned();
    let mut other_configuration = filter(&one, "e");
    other_configuration.vm.configuration = b"x".to_vec();
    let chains = Chains::new(&[
        vec![filter(&one, "a"), filter(&one, "b"), filter(&two, "c")],
        vec![other_id, other_configuration],
    ]);
    let told: Vec<_> = chains.machines().into_iter().map(|id| chains.told(id)).collect();
    // Each root context is told that the machine started.
    assert_eq!(told, ["vcvc", "vc", "vc", "vc"]);
}

#[test]
fn the_same_filter_twice_is_one_root_context_with_two_streams() {
    let module = teller("1");
    let mut chains = Chains::new(&[vec![filter(&module, "a"), filter(&module, "a")]]);
    let machine = chains.machines()[0];
    assert_eq!(chains.told(machine), "vc");
    let id = chains.open();
    assert!(matches!(&chains.get(id, true)[..], [(_, Output::ToUpstream(_))]));
    chains.finish(id);
    assert_eq!(chains.told(machine), "vcdxdx");
}

#[test]
fn one_module_of_the_same_bytes_is_compiled_once() {
    assert!(teller("same").same_code(&teller("same")));
    assert!(!teller("same").same_code(&teller("else")));
}

#[test]
fn what_did_not_change_stays_and_what_did_ends_with_its_last_exchange() {
    let module = teller("1");
    let mut chains = Chains::new(&[vec![filter(&module, "a"), filter(&module, "b")]]);
    let machine = chains.machines()[0];
    let id = chains.open();
    chains.get(id, false);
    let changed = [vec![filter(&module, "a"), filter(&module, "changed")]];
    assert_eq!(chains.worker.configure(&changed), Ok(Outputs::new()));
    // Only the changed plugin begins, and the old one lives on.
    assert_eq!((chains.told(machine).as_str(), chains.machines().len()), ("vcvcvc", 1));
    chains.finish(id);
    // Two streams end, then the old root context.
    assert_eq!(chains.told(machine), "vcvcvcdxdxdx");
    assert_eq!(chains.worker.configure(&changed), Ok(Outputs::new()));
    assert_eq!(chains.told(machine), "vcvcvcdxdxdx");
}

#[test]
fn a_machine_goes_with_its_last_plugin() {
    let (one, two) = (teller("1"), teller("2"));
    let mut chains = Chains::new(&[vec![filter(&one, "a")]]);
    let id = chains.open();
    chains.get(id, false);
    assert_eq!(chains.worker.configure(&[vec![filter(&two, "a")]]), Ok(Outputs::new()));
    assert_eq!(chains.machines().len(), 2);
    let old = chains.machines()[0];
    chains.finish(id);
    assert_eq!((chains.told(old).as_str(), chains.machines().len()), ("vcdxdx", 1));
    assert_eq!(chains.worker.end(), []);
    assert_eq!(chains.machines(), []);
    let id = chains.open();
    assert!(matches!(&chains.get(id, true)[..], [(_, Output::ToUpstream(_))]));
}

#[test]
fn a_refused_configuration_leaves_everything_as_it_was() {
    let (one, two) = (teller("1"), teller("2"));
    let mut chains = Chains::new(&[vec![filter(&one, "a")]]);
    let before = chains.machines();
    let refused = chains.worker.configure(&[vec![filter(&two, "new"), filter(&one, "b"), filter(&one, "four")]]);
    let Err(NotStarted { chain: 0, filter: 2, name, reason: StartError::Configure, outputs }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((name.as_str(), outputs), ("four", Outputs::new()));
    assert_eq!(chains.machines(), before);
    // Those that had started are ended: a, b, four.
    assert_eq!(chains.told(before[0]), "vcvcvcdxdx");
    let id = chains.open();
    assert!(matches!(&chains.get(id, true)[..], [(_, Output::ToUpstream(_))]));
}

#[test]
fn a_plugin_that_waits_for_its_last_calls_keeps_its_machine() {
    let module = wat(&guest(
        r#"(import "env" "proxy_done" (func $done (result i32)))"#,
        r#"(func (export "proxy_on_done") (param i32) (result i32) (i32.const 0))
        (func (export "proxy_on_tick") (param i32) (if (call $done) (then unreachable)))"#,
    ));
    let mut chains = Chains::new(&[vec![filter(&module, "a")]]);
    let machine = chains.machines()[0];
    assert_eq!(chains.worker.end(), []);
    assert_eq!(chains.machines(), [machine]);
    chains.worker.event(machine, |vm| vm.tick(RootId::from_number(1)));
    assert_eq!(chains.machines(), []);
}
