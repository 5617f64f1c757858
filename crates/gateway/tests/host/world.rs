//! A world of plain data: calls are noted, and the test answers them.

use std::cell::{Cell, RefCell};
use std::time::{Duration, SystemTime};

use gateway::{GrpcCall, HttpCall, LogLine, RedisSettings, Refused, World};

/// Something that a guest did with a stream that it has: its token, a message, whether its side closes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GrpcSent {
    Message(u32, Option<Vec<u8>>, bool),
    Cancel(u32),
}

#[derive(Default)]
pub(crate) struct FakeWorld {
    pub(crate) http: RefCell<Vec<(u32, HttpCall)>>,
    pub(crate) redis: RefCell<Vec<(u32, String, Vec<u8>)>>,
    pub(crate) grpc: RefCell<Vec<(u32, GrpcCall)>>,
    pub(crate) grpc_sent: RefCell<Vec<GrpcSent>>,
    pub(crate) settings: RefCell<Vec<RedisSettings>>,
    pub(crate) ticks: RefCell<Vec<(u32, Option<Duration>)>>,
    pub(crate) log: RefCell<Vec<(u32, String)>>,
    pub(crate) refuse: Cell<Option<Refused>>,
    pub(crate) time: Cell<Duration>,
    pub(crate) filled: RefCell<Vec<u32>>,
}

impl FakeWorld {
    pub(crate) fn logged(&self, text: &str) -> bool {
        self.log.borrow().iter().any(|(_, line)| line.contains(text))
    }

    fn refused(&self) -> Result<(), Refused> {
        self.refuse.get().map_or(Ok(()), Err)
    }
}

impl World for FakeWorld {
    fn http_call(&self, token: u32, call: HttpCall) -> Result<(), Refused> {
        self.refused()?;
        self.http.borrow_mut().push((token, call));
        Ok(())
    }

    fn redis_init(&self, settings: RedisSettings) -> Result<(), Refused> {
        self.refused()?;
        self.settings.borrow_mut().push(settings);
        Ok(())
    }

    fn redis_call(&self, token: u32, cluster: &str, command: Vec<u8>) -> Result<(), Refused> {
        self.refused()?;
        self.redis.borrow_mut().push((token, cluster.to_owned(), command));
        Ok(())
    }

    fn grpc_open(&self, token: u32, call: GrpcCall) -> Result<(), Refused> {
        self.refused()?;
        self.grpc.borrow_mut().push((token, call));
        Ok(())
    }

    fn grpc_send(&self, token: u32, message: Option<Vec<u8>>, end: bool) -> Result<(), Refused> {
        self.refused()?;
        self.grpc_sent.borrow_mut().push(GrpcSent::Message(token, message, end));
        Ok(())
    }

    fn grpc_cancel(&self, token: u32) {
        self.grpc_sent.borrow_mut().push(GrpcSent::Cancel(token));
    }

    fn set_tick(&self, root: u32, period: Option<Duration>) {
        self.ticks.borrow_mut().push((root, period));
    }

    fn queue_filled(&self, token: u32) {
        self.filled.borrow_mut().push(token);
    }

    fn log(&self, line: LogLine<'_>) {
        self.log.borrow_mut().push((line.level, line.text.to_owned()));
    }

    fn log_level(&self) -> u32 {
        0
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.time.get()
    }

    fn monotonic(&self) -> Duration {
        self.time.get()
    }

    fn random(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}
