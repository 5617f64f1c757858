//! Where what leaves one plugin goes: to the next one, to the upstream, to the client.

use std::collections::VecDeque;

use super::exchanges::Stop;
use super::{ExchangeId, MachineId, Message, Output, Outputs, Worker, local_reply};
use crate::abi::Direction;
use crate::stream::{LocalReply, Pass};
use crate::vm::Effects;

/// A message before the gap it goes through next. Gap 0 is at the client, the last one at the upstream.
type Move = (ExchangeId, Direction, usize, Message);

impl Worker {
    /// Takes a message from one gap of the chain as far as it goes.
    pub(super) fn travel(&mut self, id: ExchangeId, direction: Direction, gap: usize, message: Message) -> Outputs {
        self.settle(VecDeque::from([(id, direction, gap, message)]), Outputs::new())
    }

    /// Takes what a machine did as far as it goes.
    pub(super) fn route(&mut self, machine: MachineId, effects: Effects) -> Outputs {
        let (mut moves, mut outputs) = (VecDeque::new(), Outputs::new());
        self.take_over(machine, effects, &mut moves, &mut outputs);
        self.settle(moves, outputs)
    }

    /// First come, first served: so the parts of a message keep their order at every stop.
    fn settle(&mut self, mut moves: VecDeque<Move>, mut outputs: Outputs) -> Outputs {
        while let Some((id, direction, gap, message)) = moves.pop_front() {
            let Some(journey) = self.journeys.get(&id).filter(|journey| !journey.reset) else { continue };
            let position = match direction {
                Direction::Request => Some(gap),
                Direction::Response => gap.checked_sub(1),
            };
            match position.and_then(|position| Some((position, *journey.stops.get(position)?))) {
                Some(_) if journey.direct && direction == Direction::Response => {}
                Some((position, stop)) => {
                    self.stop(id, direction, position, stop, message, &mut moves, &mut outputs);
                }
                None if direction == Direction::Request && journey.answered => {}
                None => {
                    if let Some(recording) = journey.exchange.recording() {
                        recording.left(direction, &message);
                    }
                    outputs.push(match direction {
                        Direction::Request => (id, Output::ToUpstream(message)),
                        Direction::Response => (id, Output::ToClient(message)),
                    });
                }
            }
        }
        outputs
    }

    #[allow(clippy::too_many_arguments, reason = "a move taken apart, and the two lists that it may add to")]
    fn stop(
        &mut self,
        id: ExchangeId,
        direction: Direction,
        position: usize,
        stop: Stop,
        message: Message,
        moves: &mut VecDeque<Move>,
        outputs: &mut Outputs,
    ) {
        let Some(machine) = self.machines.get_mut(stop.machine) else { return };
        let stream = match stop.stream {
            Some(stream) => stream,
            None if direction == Direction::Response => {
                // The request never came this far, so the plugin takes no part.
                moves.push_back((id, direction, position, message));
                return;
            }
            None => {
                let Some(journey) = self.journeys.get_mut(&id) else { return };
                let (stream, effects) = machine.open_stream(stop.plugin, journey.exchange.clone());
                if let Some(stop) = journey.stops.get_mut(position) {
                    stop.stream = Some(stream);
                }
                self.places.insert((stop.machine, stream), (id, position));
                self.take_over(stop.machine, effects, moves, outputs);
                stream
            }
        };
        let Some(machine) = self.machines.get_mut(stop.machine) else { return };
        let effects = match message {
            Message::Headers { headers, end } => machine.headers(stream, direction, headers, end),
            Message::Data { bytes, end } => machine.data(stream, direction, &bytes, end),
            Message::Trailers(trailers) => machine.trailers(stream, direction, trailers),
        };
        self.take_over(stop.machine, effects, moves, outputs);
    }

    fn take_over(&mut self, machine: MachineId, effects: Effects, moves: &mut VecDeque<Move>, outputs: &mut Outputs) {
        for (stream, pass) in effects {
            let Some((id, position)) = self.places.get(&(machine, stream)).copied() else { continue };
            let next = |direction| match direction {
                Direction::Request => position + 1,
                Direction::Response => position,
            };
            match pass {
                Pass::Headers { direction, headers, end } => {
                    moves.push_back((id, direction, next(direction), Message::Headers { headers, end }));
                }
                Pass::Data { direction, bytes, end } => {
                    moves.push_back((id, direction, next(direction), Message::Data { bytes, end }));
                }
                Pass::Trailers { direction, trailers } => {
                    moves.push_back((id, direction, next(direction), Message::Trailers(trailers)));
                }
                Pass::Watermark { direction, full } => self.watermark(id, direction, full, outputs),
                Pass::Reply(reply) => self.answer(id, position, reply, false, moves, outputs),
                Pass::DirectReply(reply) => self.answer(id, position, reply, true, moves, outputs),
                Pass::Reset => self.reset(id, outputs),
            }
        }
    }

    /// Only the first full buffer stops the source, and only the last one that empties lets it go on.
    fn watermark(&mut self, id: ExchangeId, direction: Direction, full: bool, outputs: &mut Outputs) {
        let Some(journey) = self.journeys.get_mut(&id) else { return };
        let [request, response] = &mut journey.full;
        let count = if direction == Direction::Request { request } else { response };
        let before = *count;
        *count = if full { before.saturating_add(1) } else { before.saturating_sub(1) };
        if (before == 0) != (*count == 0) {
            outputs.push((id, Output::Reading { direction, stop: full }));
        }
    }

    /// An answer goes through the response phases of all plugins, from the one nearest to the upstream; a direct one
    /// goes to the client as it is.
    fn answer(
        &mut self,
        id: ExchangeId,
        position: usize,
        reply: LocalReply,
        direct: bool,
        moves: &mut VecDeque<Move>,
        outputs: &mut Outputs,
    ) {
        let Some(journey) = self.journeys.get_mut(&id) else { return };
        // A response that is under way cannot be met by another one in the plugins.
        let direct = direct || journey.response_begun;
        if std::mem::replace(&mut journey.answered, true) && !direct {
            return;
        }
        journey.direct = direct;
        journey.exchange.replied(&reply);
        if let Some(recording) = journey.exchange.recording() {
            let stop = journey.stops.get(position);
            let name = stop.and_then(|stop| self.machines.get(stop.machine)?.plugin_name(stop.plugin));
            recording.replied(name, reply.status, &reply.details);
        }
        let gap = if direct { 0 } else { journey.stops.len() };
        outputs.push((id, Output::Answered));
        let messages = local_reply::response(reply, journey.asked);
        moves.extend(messages.into_iter().map(|message| (id, Direction::Response, gap, message)));
    }

    fn reset(&mut self, id: ExchangeId, outputs: &mut Outputs) {
        if let Some(journey) = self.journeys.get_mut(&id)
            && !std::mem::replace(&mut journey.reset, true)
        {
            if let Some(recording) = journey.exchange.recording() {
                recording.reset();
            }
            outputs.push((id, Output::Reset));
        }
    }
}
