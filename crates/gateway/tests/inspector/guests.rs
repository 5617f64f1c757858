//! A small chain of guests and a world of plain data, all of which is recorded.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use gateway::trace::{Callback, Called, Happened, Record, Recording};
use gateway::{
    Engine, ExchangeId, Facts, Filter, GrpcCall, Headers, HttpCall, LogLine, LogView, MachineId, Message, Module,
    Outputs, Plugin, RedisSettings, Refused, VmSettings, Worker, World,
};

#[derive(Default)]
pub(crate) struct FakeWorld {
    pub(crate) calls: RefCell<Vec<u32>>,
    pub(crate) refuse: Cell<Option<Refused>>,
}

impl FakeWorld {
    fn take(&self, token: u32) -> Result<(), Refused> {
        self.refuse.get().map_or(Ok(()), Err)?;
        self.calls.borrow_mut().push(token);
        Ok(())
    }
}

impl World for FakeWorld {
    fn http_call(&self, token: u32, _: HttpCall) -> Result<(), Refused> {
        self.take(token)
    }
    fn redis_init(&self, _: RedisSettings) -> Result<(), Refused> {
        Ok(())
    }
    fn redis_call(&self, token: u32, _: &str, _: Vec<u8>) -> Result<(), Refused> {
        self.take(token)
    }
    fn grpc_open(&self, token: u32, _: GrpcCall) -> Result<(), Refused> {
        self.take(token)
    }
    fn grpc_send(&self, _: u32, _: Option<Vec<u8>>, _: bool) -> Result<(), Refused> {
        Ok(())
    }
    fn grpc_cancel(&self, _: u32) {}
    fn set_tick(&self, _: u32, _: Option<Duration>) {}
    fn queue_filled(&self, _: u32) {}
    fn log(&self, _: LogLine<'_>) {}
    fn log_level(&self) -> u32 {
        0
    }
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
    fn random(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// One engine for all tests: its clock thread is shared, and so are its traces.
pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let engine = Engine::new().unwrap();
        engine.process().traces.keep(1000);
        engine
    })
}

/// A worker whose plugins have these names and functions.
pub(crate) struct Chain {
    engine: Engine,
    pub(crate) worker: Worker,
    pub(crate) machines: Vec<MachineId>,
    pub(crate) world: Rc<FakeWorld>,
}

impl Chain {
    pub(crate) fn of(plugins: &[(&str, &str)]) -> Self {
        Self::on(engine(), plugins)
    }

    pub(crate) fn on(engine: &Engine, plugins: &[(&str, &str)]) -> Self {
        let world = Rc::new(FakeWorld::default());
        let filters = plugins.iter().map(|(name, functions)| {
            let module = Module::new(engine, &wat::parse_str(guest(functions)).unwrap());
            let module = module.unwrap_or_else(|e| panic!("{e}"));
            // An identity of its own gives each plugin a machine of its own.
            let vm = VmSettings { vm_id: (*name).to_owned(), ..VmSettings::default() };
            Filter { module, vm, plugin: Plugin { name: (*name).to_owned(), ..Plugin::default() } }
        });
        let outside = world.clone();
        let mut worker = Worker::new(move |_| outside.clone());
        worker.configure(&[filters.collect()]).unwrap();
        let machines = worker.machines().map(|(id, _)| id).collect();
        Self { engine: engine.clone(), worker, machines, world }
    }

    pub(crate) fn open(&mut self) -> (ExchangeId, Recording) {
        let recording = self.engine.process().traces.begin().unwrap();
        (self.worker.open(0, Rc::new(Facts::recorded(recording.clone()))), recording)
    }

    pub(crate) fn get(&mut self, id: ExchangeId, extra: &[(&str, &str)]) -> Outputs {
        let request = [(":method", "GET"), (":path", "/get?x=1"), (":authority", "example.com")];
        let mut headers: Headers = request.into_iter().collect();
        for (name, value) in extra {
            headers.set(name.as_bytes(), value.as_bytes());
        }
        self.worker.from_client(id, Message::Headers { headers, end: true })
    }

    pub(crate) fn ok(&mut self, id: ExchangeId) -> Outputs {
        let headers: Headers = [(":status", "200"), ("server", "test")].into_iter().collect();
        self.worker.from_upstream(id, Message::Headers { headers, end: false });
        self.worker.from_upstream(id, Message::Data { bytes: vec![b'x'; 10], end: true })
    }

    pub(crate) fn finish(&mut self, id: ExchangeId) {
        self.worker.finish(id, &LogView::default());
    }
}

/// A guest with some text in its memory, and short names for host calls that act on it.
///
/// `$set` and `$remove` write the header `x-a` of a list, `$http`, `$grpc` and `$redis` make a call, `$say` logs, `$reply` answers
/// with 418 and the details `tea`, `$enter` changes the effective context, `$resume` goes on.
pub(crate) fn guest(functions: &str) -> String {
    format!(
        r#"(module
        (import "env" "proxy_replace_header_map_value" (func $replace (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_remove_header_map_value" (func $take (param i32 i32 i32) (result i32)))
        (import "env" "proxy_http_call" (func $dispatch (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_redis_call" (func $command (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_grpc_call" (func $ask (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
        (import "env" "proxy_send_local_response" (func $answer (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_set_effective_context" (func $effective (param i32) (result i32)))
        (import "env" "proxy_continue_stream" (func $go (param i32) (result i32)))
        (import "env" "proxy_set_buffer_bytes" (func $write (param i32 i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "proxy_abi_version_0_2_1"))
        (func (export "malloc") (param i32) (result i32) (i32.const 4096))
        (data (i32.const 100) "x-a")
        (data (i32.const 110) "1")
        (data (i32.const 120) "tea")
        (data (i32.const 130) "some-cluster")
        (data (i32.const 150) "the token=S3CR3T came")
        (data (i32.const 200) "\03\00\00\00\07\00\00\00\03\00\00\00\05\00\00\00\0f\00\00\00\0a\00\00\00\01\00\00\00:method\00GET\00:path\00/t?token=S3CR3T\00:authority\00a\00")
        (data (i32.const 400) "*3\0d\0a$4\0d\0aauth\0d\0a$1\0d\0au\0d\0a$6\0d\0aS3CR3T\0d\0a")
        (func $set (param i32) (drop (call $replace (local.get 0) (i32.const 100) (i32.const 3) (i32.const 110) (i32.const 1))))
        (func $remove (param i32) (drop (call $take (local.get 0) (i32.const 100) (i32.const 3))))
        (func $http (drop (call $dispatch (i32.const 130) (i32.const 12) (i32.const 200) (i32.const 75)
            (i32.const 0) (i32.const 5) (i32.const 0) (i32.const 0) (i32.const 500) (i32.const 8))))
        (func $grpc (drop (call $ask (i32.const 130) (i32.const 12) (i32.const 100) (i32.const 3) (i32.const 120)
            (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 150) (i32.const 21) (i32.const 500) (i32.const 8))))
        (func $redis (drop (call $command (i32.const 130) (i32.const 12) (i32.const 400) (i32.const 33) (i32.const 8))))
        (func $say (drop (call $log (i32.const 3) (i32.const 150) (i32.const 21))))
        (func $reply (drop (call $answer (i32.const 418) (i32.const 120) (i32.const 3) (i32.const 110) (i32.const 1)
            (i32.const 0) (i32.const 0) (i32.const -1))))
        (func $enter (param i32) (drop (call $effective (local.get 0))))
        (func $resume (param i32) (drop (call $go (local.get 0))))
        {functions})"#
    )
}

pub(crate) const REQUEST: &str = r#"(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)"#;
pub(crate) const RESPONSE: &str = r#"(func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)"#;
pub(crate) const BODY: &str = r#"(func (export "proxy_on_response_body") (param i32 i32 i32) (result i32)"#;
pub(crate) const HTTP_ANSWER: &str = r#"(func (export "proxy_on_http_call_response") (param i32 i32 i32 i32 i32)"#;

/// What the plugins were called for, in order.
pub(crate) fn callbacks(record: &Record) -> Vec<(&str, &Callback)> {
    let mut callbacks = Vec::new();
    for event in &record.events {
        if let Happened::Callback(callback) = &event.happened {
            callbacks.push((event.plugin.as_str(), callback));
        }
    }
    callbacks
}

/// The calls that plugins made, in order.
pub(crate) fn calls(record: &Record) -> Vec<&Called> {
    let mut calls = Vec::new();
    for event in &record.events {
        if let Happened::Call(call) = &event.happened {
            calls.push(call);
        }
    }
    calls
}
