//! Tasks: whose future is polled right now, who is woken next, and background work that belongs to no exchange.

use crate::exchange::Exchange;
use crate::plugin::Work;
use crate::root::Root;
use crate::{runtime, uses};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, Wake, Waker};

/// Names a task without owning it: a wake that comes after the task's end finds nothing and is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskId {
    Stream(u32),
    Background(u32),
}

/// What the code that is being polled may know of its surroundings.
#[derive(Clone)]
pub(crate) enum Current {
    Exchange(Rc<Exchange>),
    /// No exchange: configuring, and work in the background.
    Root(Rc<Root>),
}

impl Current {
    pub(crate) fn root(&self) -> &Rc<Root> {
        match self {
            Self::Exchange(exchange) => &exchange.root,
            Self::Root(root) => root,
        }
    }

    pub(crate) fn exchange(&self) -> Option<&Rc<Exchange>> {
        match self {
            Self::Exchange(exchange) => Some(exchange),
            Self::Root(_) => None,
        }
    }
}

thread_local! {
    static CURRENT: Cell<Option<Current>> = const { Cell::new(None) };
    static READY: RefCell<VecDeque<Arc<TaskWaker>>> = const { RefCell::new(VecDeque::new()) };
}

/// The surroundings of the future that is being polled, if any is.
pub(crate) fn current() -> Option<Current> {
    look(|current| current.cloned())
}

/// The configuration whose future is being polled, if any is.
pub(crate) fn root() -> Option<Rc<Root>> {
    look(|current| current.map(|current| current.root().clone()))
}

fn look<T>(at: impl FnOnce(Option<&Current>) -> T) -> T {
    let current = CURRENT.take();
    let found = at(current.as_ref());
    CURRENT.set(current);
    found
}

/// Runs `work` as part of `current`: log lines and outside calls made inside belong to it.
pub(crate) fn enter<T>(current: Current, work: impl FnOnce() -> T) -> T {
    let before = CURRENT.replace(Some(current));
    let result = work();
    CURRENT.set(before);
    result
}

/// Whether any task is woken and not polled yet.
pub(crate) fn any_ready() -> bool {
    READY.with(|ready| !ready.borrow().is_empty())
}

/// Takes the next woken task.
pub(crate) fn next_ready() -> Option<Arc<TaskWaker>> {
    let next = READY.with(|ready| ready.borrow_mut().pop_front())?;
    next.is_woken.store(false, Relaxed);
    Some(next)
}

/// Wakes a task.
pub(crate) struct TaskWaker {
    pub(crate) id: TaskId,
    /// Whether it is among those that are woken and not polled yet.
    is_woken: AtomicBool,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if !self.is_woken.swap(true, Relaxed) {
            READY.with(|ready| ready.borrow_mut().push_back(self));
        }
    }
}

/// A task's waker, which also tells whether anybody kept a copy of it.
pub(crate) struct TaskHandle {
    task: Arc<TaskWaker>,
    pub(crate) waker: Waker,
}

impl TaskHandle {
    pub(crate) fn new(id: TaskId) -> Self {
        let task = Arc::new(TaskWaker { id, is_woken: AtomicBool::new(false) });
        Self { waker: Waker::from(task.clone()), task }
    }

    /// Whether a wake has come, or may still come because a future kept the waker.
    pub(crate) fn awaited(&self) -> bool {
        // `task`, and `waker`'s.
        const OWN: usize = 2;
        Arc::strong_count(&self.task) > OWN
    }
}

/// Where a plugin starts work that belongs to no exchange: refreshing, probing, reporting.
#[derive(Clone)]
pub struct Background {
    root: Weak<Root>,
}

impl Background {
    pub(crate) fn new(root: &Rc<Root>) -> Self {
        Self { root: Rc::downgrade(root) }
    }

    /// Runs `work` beside all exchanges. It starts with the gateway's next tick (about a millisecond later) and ends
    /// with the plugin's configuration: a reconfigured plugin starts its own.
    pub fn spawn(&self, work: impl Future<Output = ()> + 'static) {
        uses::timer();
        if let Some(root) = self.root.upgrade() {
            let task = Rc::new(BackgroundTask::new(&root, Box::pin(work)));
            runtime::start_background(&root, task);
        }
    }
}

pub(crate) struct BackgroundTask {
    pub(crate) id: u32,
    pub(crate) root: Weak<Root>,
    work: RefCell<Option<Work<()>>>,
    handle: TaskHandle,
}

thread_local! {
    static NEXT_ID: Cell<u32> = const { Cell::new(1) };
}

impl BackgroundTask {
    fn new(root: &Rc<Root>, work: Work<()>) -> Self {
        let id = NEXT_ID.with(|next| next.replace(next.get().wrapping_add(1)));
        Self {
            id,
            root: Rc::downgrade(root),
            work: RefCell::new(Some(work)),
            handle: TaskHandle::new(TaskId::Background(id)),
        }
    }

    /// Polls once; true when the work is over.
    pub(crate) fn poll(&self, root: &Rc<Root>) -> bool {
        let Some(mut work) = self.work.borrow_mut().take() else { return false };
        let result =
            enter(Current::Root(root.clone()), || work.as_mut().poll(&mut Context::from_waker(&self.handle.waker)));
        match result {
            Poll::Ready(()) => true,
            Poll::Pending if !self.handle.awaited() => {
                log::error!("background work waits for nothing that could happen; it was ended");
                true
            }
            Poll::Pending => {
                *self.work.borrow_mut() = Some(work);
                false
            }
        }
    }

    pub(crate) fn belongs_to(&self, root: &Rc<Root>) -> bool {
        std::ptr::eq(self.root.as_ptr(), Rc::as_ptr(root))
    }

    pub(crate) fn wake(&self) {
        self.handle.waker.wake_by_ref();
    }
}
