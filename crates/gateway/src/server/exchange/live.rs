//! One exchange as its plugins see it, and the place where what they want done waits.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::Waker;

use super::attributes;
use super::record::{Chosen, Record};
use crate::abi::{Direction, Status};
use crate::attribute::Attribute;
use crate::bootstrap::Found;
use crate::exchange::{Exchange, Held};
use crate::headers::Headers;
use crate::server::fields;
use crate::server::site::Site;
use crate::state::Span;
use crate::stream::LocalReply;
use crate::trace::Recording;
use crate::worker::{Message, Output};

/// An exchange under way.
pub(in crate::server) struct Live {
    pub(in crate::server) site: Rc<Site>,
    pub(in crate::server) record: RefCell<Record>,
    /// What the inspector will show of it.
    pub(super) recording: Option<Recording>,
    limits: [Cell<u32>; 2],
    outputs: RefCell<VecDeque<Output>>,
    waker: RefCell<Option<Waker>>,
}

impl Live {
    pub(in crate::server) fn new(site: Rc<Site>, record: Record) -> Self {
        let limit = site.listener.buffer_limit;
        Self {
            recording: site.engine.process().traces.begin(),
            site,
            record: RefCell::new(record),
            limits: [Cell::new(limit), Cell::new(limit)],
            outputs: RefCell::default(),
            waker: RefCell::default(),
        }
    }

    /// Closes the recording of an exchange that no plugin gets to see.
    pub(in crate::server) fn refused(&self) {
        let Some(recording) = &self.recording else { return };
        let record = self.record.borrow();
        let headers = |headers: &Headers| Message::Headers { headers: headers.clone(), end: true };
        recording.came(Direction::Request, &headers(&record.request));
        let details = record.details.as_deref().unwrap_or_default();
        recording.replied(None, record.status().map_or(0, u32::from), details);
        if let Some(response) = &record.response {
            recording.left(Direction::Response, &headers(response));
        }
        recording.finish();
    }

    /// Leaves something to do for whoever drives the exchange.
    pub(in crate::server) fn push(&self, output: Output) {
        self.outputs.borrow_mut().push_back(output);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    pub(super) fn next_output(&self) -> Option<Output> {
        self.outputs.borrow_mut().pop_front()
    }

    /// Whether there is something to do; otherwise `waker` is called when there is.
    pub(super) fn has_output(&self, waker: &Waker) -> bool {
        self.wake_by(waker);
        !self.outputs.borrow().is_empty()
    }

    pub(super) fn wake_by(&self, waker: &Waker) {
        let mut known = self.waker.borrow_mut();
        if !known.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *known = Some(waker.clone());
        }
    }

    /// The route of the request as it is now; looked for again only after it was cleared.
    pub(in crate::server) fn route(&self, held: Option<&Headers>) -> Option<Found<'_>> {
        let mut record = self.record.borrow_mut();
        let routes = &self.site.listener.manager.routes;
        if record.route == Chosen::Open {
            let headers = held.unwrap_or(&record.request);
            let text = |name: &str| fields::joined(headers, name).unwrap_or_default();
            let header = |name: &str| fields::joined(headers, name);
            let found = routes.find(&text(":authority"), &text(":path"), &text(":method"), &header);
            record.route = found.map_or(Chosen::None, |found| {
                let hosts = &routes.virtual_hosts;
                let host = hosts.iter().position(|it| std::ptr::eq(it, found.virtual_host)).unwrap_or_default();
                let route = found.virtual_host.routes.iter().position(|it| std::ptr::eq(it, found.route));
                Chosen::Route(host, route.unwrap_or_default())
            });
        }
        let Chosen::Route(host, route) = record.route else { return None };
        let virtual_host = routes.virtual_hosts.get(host)?;
        Some(Found { virtual_host, route: virtual_host.routes.get(route)? })
    }

    fn limit(&self, direction: Direction) -> &Cell<u32> {
        let [request, response] = &self.limits;
        match direction {
            Direction::Request => request,
            Direction::Response => response,
        }
    }
}

impl Exchange for Live {
    fn property(&self, path: &[&[u8]], held: Held<'_>) -> Option<Attribute> {
        attributes::find(self, path, held)
    }

    fn set_state(&self, key: &[u8], value: Attribute, span: Span) -> Result<(), Status> {
        self.record.borrow_mut().set_state(key, value, span)
    }

    fn buffer_limit(&self, direction: Direction) -> u32 {
        self.limit(direction).get()
    }

    fn set_buffer_limit(&self, direction: Direction, bytes: u32) {
        self.limit(direction).set(bytes);
    }

    fn clear_route(&self) {
        self.record.borrow_mut().route = Chosen::Open;
    }

    fn replied(&self, reply: &LocalReply) {
        self.record.borrow_mut().details = Some(reply.details.clone());
    }

    fn upstream_hosts(&self, held: Held<'_>) -> Option<Headers> {
        let cluster = self.site.cluster_of(self.route(held.request)?.route)?;
        Some(cluster.hosts().iter().map(|host| (host.address().to_string(), String::new())).collect())
    }

    fn override_upstream_host(&self, address: &[u8]) {
        let address = std::str::from_utf8(address).ok().and_then(|it| it.parse().ok());
        self.record.borrow_mut().override_host = address;
    }

    fn recording(&self) -> Option<&Recording> {
        self.recording.as_ref()
    }
}
