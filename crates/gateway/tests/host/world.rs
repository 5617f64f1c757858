//! A world of plain data: calls are noted, and the test answers them.

use std::cell::{Cell, RefCell};
use std::time::{Duration, SystemTime};

use gateway::{HttpCall, LogLine, RedisSettings, Refused, World};

#[derive(Default)]
pub(crate) struct FakeWorld {
    pub(crate) http: RefCell<Vec<(u32, HttpCall)>>,
    pub(crate) redis: RefCell<Vec<(u32, String, Vec<u8>)>>,
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
