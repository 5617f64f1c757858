//! What arrives of an exchange: headers, bytes, trailers, each way.

use std::rc::Rc;

use super::guest::{Life, Stream};
use super::{Effects, RootId, StreamId, Vm};
use crate::abi::Direction;
use crate::exchange::Exchange;
use crate::headers::Headers;
use crate::stream::half::Half;

impl Vm {
    /// Begins an exchange at one plugin.
    pub fn open_stream(&mut self, root: RootId, exchange: Rc<dyn Exchange>) -> (StreamId, Effects) {
        let context = self.new_context();
        let stream = Stream {
            root: root.0,
            exchange,
            request: Half::new(Direction::Request),
            response: Half::new(Direction::Response),
            replied: false,
            reply_pending: false,
            keep_route: false,
            log: None,
            life: Life::Running,
            bypassed: false,
        };
        let mut effects = Effects::new();
        self.store.data_mut().streams.insert(context, stream);
        let create = self.exports.context_create.clone();
        if self.callback("proxy_on_context_create", context, create, (context, root.0)).is_err() {
            self.crashed(&mut effects);
        }
        self.settle(&mut effects);
        (StreamId(context), effects)
    }

    /// Headers have arrived. A direction takes them once; informational responses are not shown to plugins.
    pub fn headers(&mut self, id: StreamId, direction: Direction, headers: Headers, end: bool) -> Effects {
        self.arrival(id, direction, |half, _| half.arrive_headers(headers, end))
    }

    /// Bytes of the body have arrived, perhaps none, perhaps the last.
    pub fn data(&mut self, id: StreamId, direction: Direction, bytes: &[u8], end: bool) -> Effects {
        self.arrival(id, direction, |half, limit| half.arrive_data(bytes, end, limit))
    }

    /// Trailers have arrived; they end this direction.
    pub fn trailers(&mut self, id: StreamId, direction: Direction, trailers: Headers) -> Effects {
        self.arrival(id, direction, |half, _| half.arrive_trailers(trailers))
    }

    fn arrival(&mut self, id: StreamId, direction: Direction, arrive: impl FnOnce(&mut Half, usize)) -> Effects {
        let mut effects = Effects::new();
        if self.crash.is_some() {
            self.without_guest(id.0, &mut effects);
        }
        let Some(stream) = self.store.data_mut().streams.get_mut(&id.0) else { return effects };
        let limit = stream.limit(direction);
        if stream.bypassed {
            // What was held when the machine crashed goes on with the next thing that arrives.
            stream.half(direction).resume();
        }
        arrive(stream.half(direction), limit);
        self.drive(id.0, direction, &mut effects);
        self.settle(&mut effects);
        effects
    }
}
