//! One direction of an exchange at one plugin: what it holds, what it was shown, when it lets go.
//!
//! The owner tells what arrived, then calls [`Half::poll`] until there is nothing more: each step is either a callback
//! to make, to be answered by `after_*`, or something that leaves. What a plugin can read and write is exactly what the
//! half still holds; once passed on, it is gone for the plugin.

use std::collections::VecDeque;

use super::pass::Pass;
use super::status::{DataStatus, HeaderStatus};
use crate::abi::Direction;
use crate::headers::Headers;

/// A callback that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Headers { end: bool },
    Body { size: usize, end: bool },
    Trailers,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Call(Due),
    Pass(Pass),
    /// A buffer that must not grow did: 413 for a request, 500 for a response.
    TooLarge,
}

/// Whether what arrives goes on to the next plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Iteration {
    Continue,
    /// Headers, body or both are held, and the rest is still shown to the plugin.
    StopSingle,
    /// Nothing is shown until the plugin resumes.
    StopAll,
}

#[derive(Debug)]
pub(crate) struct Half {
    direction: Direction,
    iteration: Iteration,
    headers: Option<Headers>,
    headers_passed: bool,
    chunk: Vec<u8>,
    held: Vec<u8>,
    trailers: Option<Headers>,
    /// Callbacks that are due as soon as iteration allows.
    due: VecDeque<Due>,
    out: VecDeque<Step>,
    /// The plugin chose to buffer, so it sees all that is held and not just the last piece.
    buffering: bool,
    streaming: bool,
    full: bool,
    end: bool,
    end_passed: bool,
    body_seen: bool,
    body_open: bool,
    headers_open: bool,
    trailers_open: bool,
    closed: bool,
}

impl Half {
    pub(crate) fn new(direction: Direction) -> Self {
        Self {
            direction,
            iteration: Iteration::Continue,
            headers: None,
            headers_passed: false,
            chunk: Vec::new(),
            held: Vec::new(),
            trailers: None,
            due: VecDeque::new(),
            out: VecDeque::new(),
            buffering: false,
            streaming: false,
            full: false,
            end: false,
            end_passed: false,
            body_seen: false,
            body_open: false,
            headers_open: false,
            trailers_open: false,
            closed: false,
        }
    }

    pub(crate) fn arrive_headers(&mut self, headers: Headers, end: bool) {
        if self.closed || self.headers.is_some() || self.headers_passed {
            return;
        }
        self.headers = Some(headers);
        self.headers_open = true;
        self.end = end;
        self.due.push_back(Due::Headers { end });
    }

    pub(crate) fn arrive_data(&mut self, bytes: &[u8], end: bool, limit: usize) {
        if self.closed || self.end {
            return;
        }
        self.end = end;
        self.body_seen = true;
        if self.iteration == Iteration::StopAll || self.buffering {
            self.held.extend_from_slice(bytes);
            self.check_limit(limit);
            if self.closed || self.iteration == Iteration::StopAll {
                return;
            }
        } else {
            self.chunk.extend_from_slice(bytes);
        }
        self.due_body();
    }

    pub(crate) fn arrive_trailers(&mut self, trailers: Headers) {
        if self.closed || self.end {
            return;
        }
        self.end = true;
        self.trailers = Some(trailers);
        self.trailers_open = true;
        if self.iteration != Iteration::StopAll {
            self.due.push_back(Due::Trailers);
        }
    }

    /// The next thing to do, until there is nothing more.
    pub(crate) fn poll(&mut self) -> Option<Step> {
        if let Some(step) = self.out.pop_front() {
            return Some(step);
        }
        if self.iteration == Iteration::StopAll {
            return None;
        }
        self.due.pop_front().map(Step::Call)
    }

    pub(crate) fn after_headers(&mut self, status: HeaderStatus) {
        match status {
            HeaderStatus::Continue => {
                self.headers_open = false;
                // A resume inside the callback may have let them go already.
                self.pass_headers();
            }
            HeaderStatus::StopIteration => self.iteration = Iteration::StopSingle,
            HeaderStatus::StopAllAndBuffer => self.stop_all(false),
            HeaderStatus::StopAllAndWatermark => self.stop_all(true),
        }
    }

    pub(crate) fn after_data(&mut self, status: DataStatus, limit: usize) {
        match status {
            DataStatus::Continue => {
                self.body_open = false;
                self.buffering = false;
                self.held.append(&mut self.chunk);
                self.let_go();
            }
            DataStatus::StopAndBuffer => self.hold(true, limit),
            DataStatus::StopAndWatermark => self.hold(false, limit),
            DataStatus::StopNoBuffer => {
                self.iteration = Iteration::StopSingle;
                self.buffering = false;
                self.chunk.clear();
            }
        }
    }

    pub(crate) fn after_trailers(&mut self, go_on: bool) {
        if go_on {
            self.trailers_open = false;
            self.let_go();
        } else {
            self.iteration = Iteration::StopSingle;
        }
    }

    /// The plugin lets go of what it holds. Nothing happens when it holds nothing.
    pub(crate) fn resume(&mut self) {
        match self.iteration {
            _ if self.closed => {}
            Iteration::Continue => {}
            Iteration::StopSingle => self.let_go(),
            Iteration::StopAll => {
                self.iteration = Iteration::Continue;
                self.pass_headers();
                if self.body_seen && !self.end_passed {
                    self.chunk.append(&mut self.held);
                    self.drained();
                    self.due_body();
                }
                if self.trailers.is_some() {
                    self.due.push_back(Due::Trailers);
                }
            }
        }
    }

    /// Bytes that the plugin sends on by itself, past what it holds.
    pub(crate) fn inject(&mut self, bytes: Vec<u8>, end: bool) {
        if self.closed || self.end_passed {
            return;
        }
        self.pass_headers();
        self.end_passed |= end;
        self.out.push_back(Step::Pass(Pass::Data { direction: self.direction, bytes, end }));
    }

    /// Nothing arrives and nothing leaves any more. What the plugin may look at, it still may: a gateway that answers by
    /// itself does not take away the body that a plugin is at.
    pub(crate) fn stop(&mut self) {
        self.closed = true;
        self.iteration = Iteration::StopAll;
        self.out.clear();
        self.due.clear();
    }

    /// As [`Self::stop`], and what is held is gone.
    pub(crate) fn close(&mut self) {
        self.stop();
        self.chunk = Vec::new();
        self.held = Vec::new();
        (self.headers_open, self.body_open, self.trailers_open) = (false, false, false);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(crate) fn headers_passed(&self) -> bool {
        self.headers_passed
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.headers_passed || self.headers.is_some()
    }

    /// The plugin may not look at this direction any more, though it may still hold it.
    pub(crate) fn close_windows(&mut self) {
        (self.headers_open, self.body_open, self.trailers_open) = (false, false, false);
    }

    pub(crate) fn headers(&self) -> Option<&Headers> {
        self.headers.as_ref().filter(|_| self.headers_open)
    }

    pub(crate) fn headers_mut(&mut self) -> Option<&mut Headers> {
        self.headers.as_mut().filter(|_| self.headers_open)
    }

    pub(crate) fn trailers(&self) -> Option<&Headers> {
        self.trailers.as_ref().filter(|_| self.trailers_open)
    }

    pub(crate) fn trailers_mut(&mut self) -> Option<&mut Headers> {
        self.trailers.as_mut().filter(|_| self.trailers_open)
    }

    /// What is held, whether or not the plugin may look at it.
    pub(crate) fn held_headers(&self) -> Option<&Headers> {
        self.headers.as_ref()
    }

    pub(crate) fn held_trailers(&self) -> Option<&Headers> {
        self.trailers.as_ref()
    }

    pub(crate) fn body(&self) -> Option<&[u8]> {
        self.body_open.then_some(if self.buffering { &self.held } else { &self.chunk })
    }

    pub(crate) fn body_mut(&mut self) -> Option<&mut Vec<u8>> {
        self.body_open.then_some(if self.buffering { &mut self.held } else { &mut self.chunk })
    }

    fn due_body(&mut self) {
        self.body_open = true;
        let size = if self.buffering { self.held.len() } else { self.chunk.len() };
        self.due.push_back(Due::Body { size, end: self.end && self.trailers.is_none() });
    }

    fn stop_all(&mut self, streaming: bool) {
        self.iteration = Iteration::StopAll;
        self.streaming = streaming;
    }

    fn hold(&mut self, buffering: bool, limit: usize) {
        self.iteration = Iteration::StopSingle;
        self.held.append(&mut self.chunk);
        self.buffering = buffering;
        self.streaming = !buffering;
        self.check_limit(limit);
    }

    fn check_limit(&mut self, limit: usize) {
        if self.held.len() <= limit {
            return;
        }
        if !self.streaming {
            self.stop();
            self.out.push_back(Step::TooLarge);
        } else if !self.full {
            self.full = true;
            self.out.push_back(Step::Pass(Pass::Watermark { direction: self.direction, full: true }));
        }
    }

    fn drained(&mut self) {
        if std::mem::take(&mut self.full) {
            self.out.push_back(Step::Pass(Pass::Watermark { direction: self.direction, full: false }));
        }
    }

    fn pass_headers(&mut self) {
        let Some(headers) = self.headers.take() else { return };
        self.headers_passed = true;
        self.headers_open = false;
        let end = self.end && !self.body_seen && self.trailers.is_none();
        self.end_passed |= end;
        self.out.push_back(Step::Pass(Pass::Headers { direction: self.direction, headers, end }));
    }

    /// All that was shown goes on: headers, held bytes, trailers.
    fn let_go(&mut self) {
        self.iteration = Iteration::Continue;
        self.pass_headers();
        let trailers_due = self.due.contains(&Due::Trailers);
        let end = self.end && self.trailers.is_none();
        if !self.end_passed && (!self.held.is_empty() || (self.body_seen && end)) {
            self.end_passed |= end;
            let bytes = std::mem::take(&mut self.held);
            self.out.push_back(Step::Pass(Pass::Data { direction: self.direction, bytes, end }));
        }
        self.buffering = false;
        self.body_open = false;
        self.drained();
        if !trailers_due && let Some(trailers) = self.trailers.take() {
            self.trailers_open = false;
            // Injected bytes may have ended the message already.
            if !std::mem::replace(&mut self.end_passed, true) {
                self.out.push_back(Step::Pass(Pass::Trailers { direction: self.direction, trailers }));
            }
        }
    }
}
