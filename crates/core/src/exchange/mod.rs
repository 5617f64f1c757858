//! One exchange: owns the plugin's future, feeds it the host's events and turns its state into the host's verdicts.

pub(crate) mod held_body;
pub(crate) mod side;
pub(crate) mod wait;

use crate::end::End;
use crate::error::{Error, ErrorKind, Result};
use crate::host::{Direction, Host, LocalReply, host};
use crate::plugin::{Abi, Fallback, Flow, Outcome, Overflow, Work};
use crate::property;
use crate::reply::Reply;
use crate::request::Request;
use crate::root::{Chosen, Root, Rule};
use crate::runtime::PluginRef;
use crate::task::{self, Current, TaskHandle, TaskId};
use side::{Demand, Side, Stage, Told, body_state, header_state};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll};

/// What the host tells about a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Headers, and whether the message ends with them.
    Headers(Direction, bool),
    /// Body: bytes now in the host's buffer, and whether they are the last.
    Body(Direction, usize, bool),
    /// Trailers, which end the message.
    Trailers(Direction),
}

impl Event {
    fn direction(self) -> Direction {
        match self {
            Self::Headers(direction, _) | Self::Body(direction, ..) | Self::Trailers(direction) => direction,
        }
    }
}

type AtEnd = Box<dyn FnOnce(&End)>;

pub(crate) struct Exchange {
    pub(crate) id: u32,
    pub(crate) root: Rc<Root>,
    pub(crate) rule: Option<Rule>,
    plugin: PluginRef,
    request: Side,
    response: Side,
    work: RefCell<Option<Work<Result<Flow>>>>,
    polling: Cell<bool>,
    finished: Cell<bool>,
    handle: TaskHandle,
    at_end: RefCell<Vec<AtEnd>>,
}

impl Exchange {
    /// The exchange that begins with the headers of a request, and ends with them if there is no body.
    pub(crate) fn new(id: u32, chosen: Chosen, ended: bool) -> Rc<Self> {
        let exchange = Rc::new(Self {
            id,
            root: chosen.root,
            rule: chosen.rule,
            plugin: chosen.plugin,
            request: Side::new(Direction::Request),
            response: Side::new(Direction::Response),
            work: RefCell::new(None),
            polling: Cell::new(false),
            finished: Cell::new(false),
            handle: TaskHandle::new(TaskId::Stream(id)),
            at_end: RefCell::default(),
        });
        exchange.request.stage.set(Stage::Headers);
        exchange.request.shown.set(true);
        exchange.request.ended.set(ended);
        let work = exchange.plugin.clone().start(Request::new(exchange.clone()));
        *exchange.work.borrow_mut() = Some(work);
        exchange
    }

    pub(crate) fn side(&self, direction: Direction) -> &Side {
        match direction {
            Direction::Request => &self.request,
            Direction::Response => &self.response,
        }
    }

    /// Whether the plugin is still at it.
    pub(crate) fn is_running(&self) -> bool {
        !self.finished.get()
    }

    /// Whether later callbacks concern this exchange at all.
    pub(crate) fn must_be_kept(&self) -> bool {
        self.is_running() || !self.at_end.borrow().is_empty()
    }

    /// Whether the plugin was done as soon as it saw the request's headers, and the host need not be told a thing.
    pub(crate) fn has_let_all_go(&self) -> bool {
        !self.must_be_kept() && !self.request.open_end.get()
    }

    pub(crate) fn add_at_end(&self, work: AtEnd) {
        self.at_end.borrow_mut().push(work);
    }

    /// Takes in what the host tells, before the plugin is polled.
    pub(crate) fn note(self: &Rc<Self>, event: Event) {
        let side = self.side(event.direction());
        match event {
            Event::Headers(_, ended) => {
                side.shown.set(true);
                side.ended.set(ended);
                if event.direction() == Direction::Response && self.request.stage.get() == Stage::Headers {
                    // The gateway answers by itself, to a timeout for example: nothing is left to decide.
                    log::debug!("the gateway replied while the plugin held the request");
                    self.request.told.set(Told::Go);
                    self.stop();
                } else if event.direction() == Direction::Response && self.request.told.get() == Told::HoldBody {
                    // So it does to a body larger than its buffer (413). Resuming that would spoil its reply.
                    if !property::is_from_upstream() {
                        self.request.told.set(Told::Go);
                    }
                }
            }
            Event::Body(_, size, ended) => {
                side.size.set(size);
                side.ended.set(ended);
                if side.told.get() == Told::HoldHeaders {
                    self.root.delivers_held_bodies.set(true);
                }
            }
            Event::Trailers(_) => {
                side.ended.set(true);
                side.trailers.set(true);
            }
        }
    }

    /// Polls the plugin's future once, unless it is being polled already.
    pub(crate) fn poll(self: &Rc<Self>) {
        if self.polling.get() {
            return;
        }
        let Some(mut work) = self.work.borrow_mut().take() else { return };
        self.polling.set(true);
        let mut context = Context::from_waker(&self.handle.waker);
        let result = task::enter(Current::Exchange(self.clone()), || work.as_mut().poll(&mut context));
        self.polling.set(false);
        match result {
            Poll::Ready(Ok(Flow(Outcome::Forward))) => {
                drop(work);
                self.stop();
            }
            Poll::Ready(result) => {
                drop(work);
                self.finish(result);
            }
            Poll::Pending if self.waits() => *self.work.borrow_mut() = Some(work),
            Poll::Pending => {
                drop(work);
                self.finish(Err(Error::new(
                    ErrorKind::Stuck,
                    "the plugin waits for nothing that could happen: a future that no call, timer or event will wake",
                )));
            }
        }
    }

    fn waits(&self) -> bool {
        let demanded = |side: &Side| side.demand.get() != Demand::Nothing;
        demanded(&self.request) || demanded(&self.response) || self.handle.awaited()
    }

    #[inline(never)]
    fn finish(self: &Rc<Self>, result: Result<Flow>) {
        let too_late = self.response.gone.get();
        let outcome = match result {
            Ok(flow) => flow.0,
            // The gateway has answered by itself, with 413 for a body it cannot hold for example.
            Err(error)
                if error.kind() == ErrorKind::Closed && self.response.shown.get() && !property::is_from_upstream() =>
            {
                task::enter(Current::Exchange(self.clone()), || log::debug!("{error}; its answer stands"));
                Outcome::Forward
            }
            Err(error) => task::enter(Current::Exchange(self.clone()), || self.fall_back(&error, too_late)),
        };
        self.stop();
        match outcome {
            Outcome::Forward => {}
            Outcome::Reply(reply) => {
                // Whatever was held is the local reply's business now.
                self.request.told.set(Told::Go);
                self.response.told.set(Told::Go);
                if too_late {
                    let _ = host().reset(Direction::Request);
                } else {
                    self.send(&reply);
                }
            }
        }
    }

    fn fall_back(&self, error: &Error, too_late: bool) -> Outcome {
        match self.plugin.failed(error) {
            Fallback::Forward => {
                log::warn!("{error}; let through");
                Outcome::Forward
            }
            Fallback::Reply(reply) => {
                match too_late {
                    true => log::error!("{error}; too late to answer {}, the stream is reset", reply.status()),
                    false => log::error!("{error}; answered {}", reply.status()),
                }
                Outcome::Reply(reply)
            }
        }
    }

    fn send(&self, reply: &Reply) {
        let reply = reply.parts();
        let details = match reply.details.as_str() {
            "" => Cow::Borrowed(self.root.name),
            details => Cow::Owned([self.root.name, ".", details].concat()),
        };
        let sent = host().reply(&LocalReply {
            status: reply.status,
            details: &details,
            headers: &reply.headers,
            body: &reply.body,
            grpc_status: reply.grpc_status,
        });
        if let Err(status) = sent {
            log::error!("the gateway did not take the reply: {status}");
        }
    }

    /// Ends the plugin's part: everything passes from here on.
    fn stop(&self) {
        self.finished.set(true);
        self.request.pass();
        self.response.pass();
        let work = self.work.borrow_mut().take();
        drop(work);
    }

    /// Brings the host in line with what the plugin holds now, and gives the verdict for the event being handled.
    pub(crate) fn settle(&self, event: Option<Event>) -> u32 {
        let (own, other) = match event.map(Event::direction) {
            Some(Direction::Response) => (&self.response, &self.request),
            _ => (&self.request, &self.response),
        };
        let verdict = match event {
            Some(event) => self.verdict(own, event),
            None => {
                own.resume();
                0
            }
        };
        other.resume();
        verdict
    }

    fn verdict(&self, side: &Side, event: Event) -> u32 {
        let (verdict, held) = match event {
            Event::Headers(..) if side.holds_headers() => (self.header_hold(side), Told::HoldHeaders),
            Event::Headers(..) if side.open_end.get() => {
                side.flushed();
                return header_state::CONTINUE_AND_END_STREAM;
            }
            Event::Headers(..) => (header_state::CONTINUE, Told::Go),
            Event::Body(..) => (side.body_state(), Told::HoldBody),
            Event::Trailers(_) => (side.body_state().min(body_state::STOP_AND_BUFFER), Told::HoldBody),
        };
        match verdict {
            0 => side.flushed(),
            _ => side.told.set(held),
        }
        verdict
    }

    fn header_hold(&self, side: &Side) -> u32 {
        match (self.plugin.abi(), self.plugin.overflow()) {
            // The body must be able to come while the headers wait; where there is none, nothing more would come.
            (Abi::V0_2_100, _) if !side.ended.get() => header_state::STOP_ITERATION,
            (_, Overflow::Backpressure) => header_state::STOP_ALL_AND_WATERMARK,
            (_, Overflow::Reject) => header_state::STOP_ALL_AND_BUFFER,
        }
    }

    /// The log phase: runs what the plugin left for the end of the stream.
    pub(crate) fn end(self: &Rc<Self>) {
        let hooks = self.at_end.take();
        task::enter(Current::Exchange(self.clone()), || hooks.into_iter().for_each(|hook| hook(&End::new())));
    }

    /// The stream is gone, and with it the plugin's future and all it waited for.
    pub(crate) fn abandon(&self) {
        self.stop();
        self.at_end.take();
    }
}
