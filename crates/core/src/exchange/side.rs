//! One half of an exchange: what the host has shown of it, what the plugin still holds, what the host was told.

use crate::host::{Buffer, Direction, Host, Map, host};
use std::cell::Cell;

/// What the plugin holds of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing yet: the message has not come.
    Ahead,
    /// The headers, and with them all that follows.
    Headers,
    /// The headers are gone, the body is held until it is complete.
    Whole,
    /// The headers are gone, the body passes chunk by chunk.
    Chunks,
    /// Nothing any more.
    Passed,
}

/// What a future of the plugin waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    Nothing,
    Headers,
    Chunk,
    Whole,
    Trailers,
}

/// What the host was last told about this half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Go,
    /// To hold the headers; no body has come since.
    HoldHeaders,
    /// To hold body bytes or trailers, and the headers if those were held already.
    HoldBody,
}

/// Header states of the ABI (`FilterHeadersStatus`).
pub(crate) mod header_state {
    pub(crate) const CONTINUE: u32 = 0;
    pub(crate) const STOP_ITERATION: u32 = 1;
    pub(crate) const CONTINUE_AND_END_STREAM: u32 = 2;
    pub(crate) const STOP_ALL_AND_BUFFER: u32 = 3;
    pub(crate) const STOP_ALL_AND_WATERMARK: u32 = 4;
}

/// Body states of the ABI (`FilterDataStatus`); trailers know the first two.
pub(crate) mod body_state {
    pub(crate) const CONTINUE: u32 = 0;
    pub(crate) const STOP_AND_BUFFER: u32 = 1;
}

pub(crate) struct Side {
    pub(crate) direction: Direction,
    pub(crate) stage: Cell<Stage>,
    pub(crate) demand: Cell<Demand>,
    pub(crate) told: Cell<Told>,
    /// Headers have been shown by the host.
    pub(crate) shown: Cell<bool>,
    /// Headers have been let go: nothing can take their place any more.
    pub(crate) gone: Cell<bool>,
    /// The last byte, or the trailers, have been shown.
    pub(crate) ended: Cell<bool>,
    pub(crate) trailers: Cell<bool>,
    /// Bytes in the host's buffer: it grows while the body is held and starts again when it was let go.
    pub(crate) size: Cell<usize>,
    /// How many of them the plugin has been given as chunks.
    pub(crate) taken: Cell<usize>,
    /// Headers were let go with the "more to come" state.
    pub(crate) open_end: Cell<bool>,
}

impl Side {
    pub(crate) fn new(direction: Direction) -> Self {
        Self {
            direction,
            stage: Cell::new(Stage::Ahead),
            demand: Cell::new(Demand::Nothing),
            told: Cell::new(Told::Go),
            shown: Cell::new(false),
            gone: Cell::new(false),
            ended: Cell::new(false),
            trailers: Cell::new(false),
            size: Cell::new(0),
            taken: Cell::new(0),
            open_end: Cell::new(false),
        }
    }

    pub(crate) fn headers_map(&self) -> Map {
        match self.direction {
            Direction::Request => Map::RequestHeaders,
            Direction::Response => Map::ResponseHeaders,
        }
    }

    pub(crate) fn trailers_map(&self) -> Map {
        match self.direction {
            Direction::Request => Map::RequestTrailers,
            Direction::Response => Map::ResponseTrailers,
        }
    }

    pub(crate) fn buffer(&self) -> Buffer {
        match self.direction {
            Direction::Request => Buffer::RequestBody,
            Direction::Response => Buffer::ResponseBody,
        }
    }

    /// Resumes a half that the host holds and the plugin does not; exactly once, because `told` is reset with it.
    pub(crate) fn resume(&self) {
        if self.must_resume() {
            self.flushed();
            let _ = host().resume(self.direction);
        }
    }

    /// Whether the headers must not pass now.
    pub(crate) fn holds_headers(&self) -> bool {
        match self.stage.get() {
            // A response that comes before the plugin has let go of the request waits for its turn.
            Stage::Ahead | Stage::Headers => self.shown.get(),
            _ => false,
        }
    }

    /// How body bytes that are in the host's hands must be treated now.
    pub(crate) fn body_state(&self) -> u32 {
        match (self.stage.get(), self.demand.get()) {
            (Stage::Passed, _) | (Stage::Whole | Stage::Chunks, Demand::Trailers) | (Stage::Chunks, Demand::Chunk) => {
                body_state::CONTINUE
            }
            // Never `StopIterationAndWatermark` (2): under it Envoy shows each piece alone and only inside its callback;
            // a buffer touched later is freed memory and ends the whole process.
            (Stage::Ahead | Stage::Headers | Stage::Whole | Stage::Chunks, _) => body_state::STOP_AND_BUFFER,
        }
    }

    /// All that was held has been let go; the bytes of a body are forgotten.
    pub(crate) fn flushed(&self) {
        self.told.set(Told::Go);
        self.gone.set(true);
        self.size.set(0);
        self.taken.set(0);
    }

    /// Whether the host holds what the plugin has let go.
    fn must_resume(&self) -> bool {
        match self.told.get() {
            Told::Go => false,
            Told::HoldHeaders => !self.holds_headers(),
            Told::HoldBody => !self.holds_headers() && self.body_state() == body_state::CONTINUE,
        }
    }

    pub(crate) fn pass(&self) {
        self.stage.set(Stage::Passed);
        self.demand.set(Demand::Nothing);
    }
}
