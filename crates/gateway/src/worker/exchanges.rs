//! The way of one exchange through the chain: its beginning, what arrives from both sides, its end.

use std::rc::Rc;

use super::local_reply::Asked;
use super::{ExchangeId, MachineId, Message, Output, Outputs, Worker};
use crate::abi::Direction;
use crate::exchange::Exchange;
use crate::vm::{LogView, RootId, StreamId};

/// One exchange under way.
pub(super) struct Journey {
    pub(super) exchange: Rc<dyn Exchange>,
    /// The chain as it was when the exchange began, with the streams of the plugins it has reached.
    pub(super) stops: Vec<Stop>,
    pub(super) asked: Asked,
    /// A plugin answered: what the upstream says does not count.
    pub(super) answered: bool,
    /// The upstream's response has begun to travel.
    pub(super) response_begun: bool,
    /// The answer went to the client past all plugins: what they still hold of a response goes nowhere.
    pub(super) direct: bool,
    pub(super) reset: bool,
    /// How many plugins have a full buffer, each way.
    pub(super) full: [u32; 2],
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    pub(super) machine: MachineId,
    pub(super) plugin: RootId,
    pub(super) stream: Option<StreamId>,
}

impl std::fmt::Debug for Journey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journey").field("stops", &self.stops).field("answered", &self.answered).finish_non_exhaustive()
    }
}

impl Worker {
    /// Begins an exchange through a chain, counted as [`Worker::configure`] was given them; a chain that does not exist
    /// has no filters. No plugin hears of it before its headers.
    ///
    /// A machine that has crashed comes back here, though at most every 5 s, and every second when one of its filters
    /// has the failure policy `FAIL_RELOAD`.
    pub fn open(&mut self, chain: usize, exchange: Rc<dyn Exchange>) -> ExchangeId {
        self.renew(chain);
        let id = ExchangeId(self.next_exchange);
        self.next_exchange += 1;
        let seats = self.chains.get(chain).cloned().unwrap_or_default();
        let stops = seats.iter().map(|(machine, plugin)| Stop { machine: *machine, plugin: *plugin, stream: None });
        let stops = stops.collect();
        for seat in seats {
            self.machines.count(seat, true);
        }
        let journey = Journey {
            exchange,
            stops,
            asked: Asked::default(),
            answered: false,
            response_begun: false,
            direct: false,
            reset: false,
            full: [0, 0],
        };
        self.journeys.insert(id, journey);
        id
    }

    /// A part of the request has come from the client.
    pub fn from_client(&mut self, id: ExchangeId, message: Message) -> Outputs {
        let Some(journey) = self.journeys.get_mut(&id).filter(|journey| !journey.reset) else { return Outputs::new() };
        if let Some(recording) = journey.exchange.recording() {
            recording.came(Direction::Request, &message);
        }
        if let Message::Headers { headers, .. } = &message {
            journey.asked = Asked::by(headers);
        }
        self.travel(id, Direction::Request, 0, message)
    }

    /// A part of the response has come from the upstream.
    pub fn from_upstream(&mut self, id: ExchangeId, message: Message) -> Outputs {
        let open = self.journeys.get_mut(&id).filter(|journey| !journey.reset && !journey.answered);
        let Some(journey) = open else { return Outputs::new() };
        journey.response_begun = true;
        if let Some(recording) = journey.exchange.recording() {
            recording.came(Direction::Response, &message);
        }
        let stops = journey.stops.len();
        self.travel(id, Direction::Response, stops, message)
    }

    /// Ends an exchange, whether it came to its end or its client left.
    pub fn finish(&mut self, id: ExchangeId, view: &LogView) -> Outputs {
        let Some(journey) = self.journeys.remove(&id) else { return Outputs::new() };
        if let Some(recording) = journey.exchange.recording() {
            recording.finish();
        }
        let mut outputs = Outputs::new();
        for stop in journey.stops {
            let exchange = journey.exchange.clone();
            outputs.extend(self.event(stop.machine, |machine| {
                let (stream, mut effects) = match stop.stream {
                    Some(stream) => (stream, Vec::new()),
                    // The request never came this far; the plugin may still log it.
                    None => machine.open_stream(stop.plugin, exchange),
                };
                effects.extend(machine.finish_stream(stream, view.clone()));
                effects
            }));
            if let Some(stream) = stop.stream {
                self.places.remove(&(stop.machine, stream));
            }
            self.machines.count((stop.machine, stop.plugin), false);
            outputs.extend(self.sweep(stop.machine));
        }
        // Only other exchanges of a machine that has crashed have anything left to do.
        outputs.retain(|(exchange, _): &(ExchangeId, Output)| *exchange != id);
        outputs
    }
}
