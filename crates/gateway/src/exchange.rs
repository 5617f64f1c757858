//! What the plugins of one exchange share: attributes, state they set for each other, buffer limits.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use crate::abi::{Direction, Status};
use crate::attribute::Attribute;
use crate::headers::Headers;
use crate::state::{Span, State, key_of_property};
use crate::stream::LocalReply;
use crate::trace::Recording;

/// The bytes of a body that may be buffered unless the gateway or a plugin says otherwise: Envoy's default.
const BUFFER_LIMIT: u32 = 1024 * 1024;

/// Headers that the asking plugin holds just now, as it has changed them so far. Attributes tell of these rather than
/// of what came from client or upstream.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held<'a> {
    /// The request's, until the plugin lets them go.
    pub request: Option<&'a Headers>,
    /// The response's, until the plugin lets them go.
    pub response: Option<&'a Headers>,
}

/// The outside of one exchange, the same value for all its plugins.
pub trait Exchange {
    /// An attribute such as `request.path`, or a value a plugin has set.
    fn property(&self, path: &[&[u8]], held: Held<'_>) -> Option<Attribute>;

    /// Keeps a value that a plugin has set in the filter state. The keys of properties begin with `wasm.`.
    ///
    /// # Errors
    /// [`Status::InternalFailure`] when plugins have left too much at this exchange; the value before stays.
    fn set_state(&self, key: &[u8], value: Attribute, span: Span) -> Result<(), Status>;

    /// Bytes of a body that may be buffered; 0 is no limit, as in Envoy.
    fn buffer_limit(&self, direction: Direction) -> u32;

    /// Changes the limit for this exchange; the last writer wins.
    fn set_buffer_limit(&self, direction: Direction, bytes: u32);

    /// Request headers were written, so the route has to be chosen again.
    fn clear_route(&self);

    /// A plugin answers this exchange itself.
    fn replied(&self, _reply: &LocalReply) {}

    /// Addresses of the route's hosts with their metrics as text, or `None` when the request has no route.
    fn upstream_hosts(&self, _held: Held<'_>) -> Option<Headers> {
        None
    }

    /// Sends the request to this host, whatever the load balancer would say.
    fn override_upstream_host(&self, _address: &[u8]) {}

    /// Where to write down what plugins do with this exchange; `None` while nothing is recorded.
    fn recording(&self) -> Option<&Recording> {
        None
    }
}

/// An exchange that is plain data.
#[derive(Debug)]
pub struct Facts {
    attributes: RefCell<HashMap<String, Attribute>>,
    state: RefCell<State>,
    limits: [Cell<u32>; 2],
    route_cleared: Cell<u32>,
    override_host: RefCell<Option<Vec<u8>>>,
    upstream_hosts: RefCell<Option<Headers>>,
    recording: Option<Recording>,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            attributes: RefCell::default(),
            state: RefCell::default(),
            limits: [Cell::new(BUFFER_LIMIT), Cell::new(BUFFER_LIMIT)],
            route_cleared: Cell::default(),
            override_host: RefCell::default(),
            upstream_hosts: RefCell::default(),
            recording: None,
        }
    }
}

impl Facts {
    /// Of an exchange that is recorded.
    pub fn recorded(recording: Recording) -> Self {
        Self { recording: Some(recording), ..Self::default() }
    }

    /// Sets an attribute; `path` has dots between its parts.
    pub fn set(&self, path: &str, value: impl Into<Attribute>) {
        self.attributes.borrow_mut().insert(path.to_owned(), value.into());
    }

    /// Sets what [`Exchange::upstream_hosts`] tells.
    pub fn set_upstream_hosts(&self, hosts: Headers) {
        *self.upstream_hosts.borrow_mut() = Some(hosts);
    }

    /// How often the route was cleared.
    pub fn route_cleared(&self) -> u32 {
        self.route_cleared.get()
    }

    /// The host that a plugin has chosen.
    pub fn override_host(&self) -> Option<Vec<u8>> {
        self.override_host.borrow().clone()
    }

    fn limit(&self, direction: Direction) -> &Cell<u32> {
        let [request, response] = &self.limits;
        match direction {
            Direction::Request => request,
            Direction::Response => response,
        }
    }
}

impl Exchange for Facts {
    fn property(&self, path: &[&[u8]], _held: Held<'_>) -> Option<Attribute> {
        let state = self.state.borrow();
        match path {
            [b"filter_state"] => return Some(Attribute::Group),
            [b"filter_state", key] => return state.get(key).cloned(),
            _ => {}
        }
        let name = String::from_utf8(path.join(&b'.')).ok()?;
        let attributes = self.attributes.borrow();
        let inside = |longer: &String| longer.strip_prefix(&name).is_some_and(|rest| rest.starts_with('.'));
        let known = attributes.get(&name).cloned();
        let known = known.or_else(|| attributes.keys().any(inside).then_some(Attribute::Group));
        known.or_else(|| state.get(&key_of_property(name.as_bytes())).cloned())
    }

    fn set_state(&self, key: &[u8], value: Attribute, span: Span) -> Result<(), Status> {
        self.state.borrow_mut().set(key, value, span)
    }

    fn buffer_limit(&self, direction: Direction) -> u32 {
        self.limit(direction).get()
    }

    fn set_buffer_limit(&self, direction: Direction, bytes: u32) {
        self.limit(direction).set(bytes);
    }

    fn clear_route(&self) {
        self.route_cleared.set(self.route_cleared.get().saturating_add(1));
    }

    fn replied(&self, reply: &LocalReply) {
        self.set("response.code_details", reply.details.clone());
    }

    fn upstream_hosts(&self, _held: Held<'_>) -> Option<Headers> {
        self.upstream_hosts.borrow().clone()
    }

    fn override_upstream_host(&self, address: &[u8]) {
        *self.override_host.borrow_mut() = Some(address.to_vec());
    }

    fn recording(&self) -> Option<&Recording> {
        self.recording.as_ref()
    }
}
