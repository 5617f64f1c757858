//! The machine behind the callbacks: it finds the exchange an event belongs to, polls it, and tells the host what to do.
//!
//! No `RefCell` borrow is held across a host call or a poll: both may lead back here.

mod sweep;

use crate::doubling::Doubling;
use crate::exchange::side::header_state;
use crate::exchange::{Event, Exchange};
use crate::host::{Direction, Host, host};
use crate::ids::Ids;
use crate::plugin::AnyPlugin;
use crate::root::{Parse, Root};
use crate::slot::{self, Outcome};
use crate::task::{self, BackgroundTask, Current, TaskId, TaskWaker};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Wake;
use sweep::sweep_if_many;

pub(crate) use sweep::{Sweep, sweep};

/// A future that wakes itself without end would keep the gateway's worker for ever.
const MAX_POLLS_PER_EVENT: usize = 10_000;

struct Runtime {
    plugin: Cell<Option<(&'static str, Parse)>>,
    /// In the order of their ids, which the host counts up. Nearly always one.
    roots: RefCell<Vec<Rc<Root>>>,
    /// The root of each stream that was created while there were several.
    owners: RefCell<Ids<Rc<Root>>>,
    exchanges: RefCell<Ids<Rc<Exchange>>>,
    /// What to do when many owners or exchanges are noted; nothing for a plugin that hears of each stream's end.
    sweep: Cell<Option<Sweep>>,
    many: Doubling,
    background: RefCell<Ids<Rc<BackgroundTask>>>,
    running: Cell<bool>,
    /// The context that host calls are for, while woken tasks run: at first the one whose callback it is.
    effective: Cell<u32>,
}

thread_local! {
    static RUNTIME: Runtime = const {
        Runtime {
            plugin: Cell::new(None),
            roots: RefCell::new(Vec::new()),
            owners: RefCell::new(Ids::new()),
            exchanges: RefCell::new(Ids::new()),
            sweep: Cell::new(None),
            many: Doubling::new(),
            background: RefCell::new(Ids::new()),
            running: Cell::new(false),
            effective: Cell::new(0),
        }
    };
}

/// Says which plugin this VM runs. Called once, before the host creates any context.
pub(crate) fn set_plugin(name: &'static str, parse: Parse, sweep: Option<Sweep>) {
    RUNTIME.with(|rt| {
        rt.plugin.set(Some((name, parse)));
        rt.sweep.set(sweep);
    });
}

// === what the host calls ===

pub(crate) fn on_context_create(id: u32, parent: u32) {
    RUNTIME.with(|rt| {
        if parent == 0 {
            add_root(rt, id);
        } else if rt.roots.borrow().len() > 1 || rt.roots.borrow().iter().any(|root| root.id > id) {
            let root = root(rt, parent);
            if let Some(root) = root {
                rt.owners.borrow_mut().insert(id, root);
                sweep_if_many(rt, id);
            }
        }
    });
}

// Not inlined, like all else that few requests need: code between what they all need costs each of them.
#[inline(never)]
fn add_root(rt: &Runtime, id: u32) {
    if let Some((name, parse)) = rt.plugin.get() {
        rt.roots.borrow_mut().push(Rc::new(Root::new(id, name, parse)));
    }
    if let Some(sweep) = rt.sweep.get() {
        sweep(id);
    }
}

fn root(rt: &Runtime, id: u32) -> Option<Rc<Root>> {
    rt.roots.borrow().iter().find(|root| root.id == id).cloned()
}

/// The root that a stream belongs to. While there is only one nothing is noted: as ids are counted up, a stream without
/// a note belongs to the last root that was created before it. (Ids that have wrapped around are noted.)
fn owner(rt: &Runtime, stream: u32) -> Option<Rc<Root>> {
    let noted = rt.owners.borrow_mut().remove(stream);
    noted.or_else(|| rt.roots.borrow().iter().rfind(|root| root.id < stream).cloned())
}

/// Tells once in a gateway process what a module was built from.
#[cfg(target_arch = "wasm32")]
pub(crate) fn announce(id: u32, facts: &str) {
    if let Some(root) = RUNTIME.with(|rt| root(rt, id)) {
        within(&root, || root.announce(facts));
    }
}

pub(crate) fn on_configure(id: u32) -> bool {
    RUNTIME.with(|rt| root(rt, id)).is_some_and(|root| root.configure())
}

pub(crate) fn on_request_headers(id: u32, end_of_stream: bool) -> u32 {
    let root = RUNTIME.with(|rt| owner(rt, id));
    let Some(found) = root.as_ref().and_then(Root::find) else { return 0 };
    let exchange = Exchange::new(id, found, end_of_stream);
    exchange.poll();
    if exchange.has_let_all_go() && !task::any_ready() {
        return header_state::CONTINUE;
    }
    keep(&exchange);
    polled(&exchange, Event::Headers(Direction::Request, end_of_stream))
}

#[inline(never)]
fn keep(exchange: &Rc<Exchange>) {
    if exchange.must_be_kept() {
        RUNTIME.with(|rt| {
            let before = rt.exchanges.borrow_mut().insert(exchange.id, exchange.clone());
            drop(before);
            sweep_if_many(rt, exchange.id);
        });
    }
}

/// Any later event of a stream; 0 (continue) where no plugin is interested any more.
pub(crate) fn on_stream_event(id: u32, what: Event) -> u32 {
    match exchange(id) {
        Some(exchange) if exchange.is_running() => event(&exchange, what),
        _ => 0,
    }
}

pub(crate) fn on_log(id: u32) {
    if let Some(exchange) = exchange(id) {
        exchange.end();
        run_ready_of(id);
    }
}

pub(crate) fn on_delete(id: u32) {
    let known = RUNTIME.with(|rt| {
        let known = rt.exchanges.borrow().get(id).is_some() || rt.owners.borrow().get(id).is_some();
        known || rt.roots.borrow().iter().any(|root| root.id == id)
    });
    if known {
        forget(id);
    }
}

#[inline(never)]
fn forget(id: u32) {
    let (exchange, owner, root) = RUNTIME.with(|rt| {
        let mut roots = rt.roots.borrow_mut();
        let at = roots.iter().position(|root| root.id == id);
        let root = at.map(|at| roots.remove(at));
        (rt.exchanges.borrow_mut().remove(id), rt.owners.borrow_mut().remove(id), root)
    });
    if let Some(root) = root {
        end_background(&root);
        root.timers.stop();
    }
    if let Some(exchange) = exchange {
        exchange.abandon();
        run_ready_of(id);
    }
    drop(owner);
}

fn end_background(root: &Rc<Root>) {
    let ended = RUNTIME.with(|rt| {
        let mut tasks = rt.background.borrow_mut();
        let ids: Vec<u32> = tasks.values().filter(|task| task.belongs_to(root)).map(|task| task.id).collect();
        ids.iter().filter_map(|id| tasks.remove(*id)).collect::<Vec<_>>()
    });
    drop(ended);
}

pub(crate) fn on_tick(id: u32) {
    let root = RUNTIME.with(|rt| root(rt, id));
    if let Some(root) = root {
        root.timers.tick();
        run_ready_of(id);
    }
}

/// An outside call ended, in a callback of the context `id`. `outcome` copies the answer out of the host's buffers, which
/// live only in this callback.
pub(crate) fn on_call_done(id: u32, token: u32, outcome: impl FnOnce(usize) -> Outcome) {
    if slot::fill(token, outcome) {
        run_ready_of(id);
    }
}

// === inside ===

fn exchange(id: u32) -> Option<Rc<Exchange>> {
    RUNTIME.with(|rt| rt.exchanges.borrow().get(id).cloned())
}

pub(crate) fn start_background(root: &Rc<Root>, task: Rc<BackgroundTask>) {
    task.wake();
    RUNTIME.with(|rt| rt.background.borrow_mut().insert(task.id, task));
    // Configuring also happens in a canary VM that is thrown away; only a VM that lives long enough to tick works.
    root.timers.wake_soon();
}

fn event(exchange: &Rc<Exchange>, what: Event) -> u32 {
    exchange.note(what);
    exchange.poll();
    polled(exchange, what)
}

fn drop_if_over(exchange: &Rc<Exchange>) {
    if !exchange.must_be_kept() {
        let over = RUNTIME.with(|rt| rt.exchanges.borrow_mut().remove(exchange.id));
        drop(over);
    }
}

/// Once `exchange` was polled for an event of its own, polls whoever that woke, and only then gives the verdict: by then
/// the exchange has settled, and resuming it from inside its own callback is never needed.
fn polled(exchange: &Rc<Exchange>, what: Event) -> u32 {
    run_ready(exchange);
    let verdict = exchange.settle(Some(what));
    drop_if_over(exchange);
    verdict
}

/// Polls woken tasks until none is left. `own` is the exchange whose callback runs: it is settled by its caller.
///
/// Inside a stream's callback other tasks must wait for the next tick: a local reply for one of them would make the host
/// hold the stream whose callback this is, whatever its verdict.
fn run_ready(own: &Rc<Exchange>) {
    if task::any_ready() {
        run_own(own);
    }
}

#[inline(never)]
fn run_own(own: &Rc<Exchange>) {
    let mut later = Vec::new();
    let ran = run_woken(|woken| match woken.id {
        TaskId::Stream(id) if own.id == id => {
            drop(woken);
            own.poll();
        }
        _ => later.push(woken),
    });
    later.into_iter().for_each(Wake::wake);
    if ran && task::any_ready() {
        own.root.timers.wake_soon();
    }
}

/// As [`run_ready`], in a callback of the context `id` that wants no verdict.
fn run_ready_of(id: u32) {
    if task::any_ready() {
        // The host may call back from inside a host call, and puts the context back after it, as is done here.
        let before = RUNTIME.with(|rt| rt.effective.replace(id));
        let ran = run_woken(|woken| {
            let id = woken.id;
            drop(woken);
            match id {
                TaskId::Stream(id) => resume_stream(id),
                TaskId::Background(id) => resume_background(id),
            }
        });
        RUNTIME.with(|rt| rt.effective.set(before));
        if ran && task::any_ready() {
            let root = RUNTIME.with(|rt| rt.roots.borrow().last().cloned());
            root.iter().for_each(|root| root.timers.wake_soon());
        }
    }
}

/// Hands out woken tasks until none is left, or too many were. False where that is under way already. Whoever keeps a
/// task it is given while he polls it seems to wait for it.
fn run_woken(mut run: impl FnMut(Arc<TaskWaker>)) -> bool {
    let nested = RUNTIME.with(|rt| rt.running.replace(true));
    if nested {
        return false;
    }
    for _ in 0..MAX_POLLS_PER_EVENT {
        let Some(woken) = task::next_ready() else { break };
        run(woken);
    }
    RUNTIME.with(|rt| rt.running.set(false));
    true
}

fn resume_stream(id: u32) {
    let Some(exchange) = exchange(id) else { return };
    if take_effect(id) {
        exchange.poll();
        exchange.settle(None);
        drop_if_over(&exchange);
    }
}

/// Makes the host calls that follow those of the context `id`; false when the host has it no more.
fn take_effect(id: u32) -> bool {
    RUNTIME.with(|rt| {
        let done = rt.effective.get() == id || host().set_effective_context(id).is_ok();
        if done {
            rt.effective.set(id);
        }
        done
    })
}

fn resume_background(id: u32) {
    let task = RUNTIME.with(|rt| rt.background.borrow().get(id).cloned());
    let Some((task, root)) = task.and_then(|task| task.root.upgrade().map(|root| (task, root))) else { return };
    let over = take_effect(root.id) && task.poll(&root);
    if over {
        let ended = RUNTIME.with(|rt| rt.background.borrow_mut().remove(id));
        drop(ended);
    }
}

/// Surroundings for code that runs for a plugin outside any future.
pub(crate) fn within<T>(root: &Rc<Root>, work: impl FnOnce() -> T) -> T {
    task::enter(Current::Root(root.clone()), work)
}

pub(crate) type PluginRef = Rc<dyn AnyPlugin>;
