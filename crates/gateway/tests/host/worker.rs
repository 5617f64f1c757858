//! Exchanges through a chain of plugins: order, answers, crashes, and the end.

use std::rc::Rc;

use gateway::{
    Direction, ExchangeId, Facts, Headers, LogView, MachineId, Message, Output, Outputs, Plugin, Vm, VmSettings, Worker,
};

use super::{Bench, get, guest, headers, wat, world::FakeWorld};

fn beginning(headers: Headers, end: bool) -> Message {
    Message::Headers { headers, end }
}

fn data(text: &str, end: bool) -> Message {
    Message::Data { bytes: text.into(), end }
}

/// A chain of machines with one plugin each.
fn chain(benches: impl IntoIterator<Item = Bench>) -> (Worker, Vec<MachineId>) {
    let mut worker = Worker::default();
    let ids = benches
        .into_iter()
        .map(|bench| {
            let machine = worker.add_machine(bench.vm);
            worker.add_filter(machine, bench.root);
            machine
        })
        .collect();
    (worker, ids)
}

fn open(worker: &mut Worker) -> ExchangeId {
    worker.open(Rc::new(Facts::default()))
}

/// Adds a header `trace: <letter>` to requests and responses, and logs its letter at the end.
fn tracer(letter: &str) -> Bench {
    Bench::wat(&tracing(letter, "(i32.const 0)"))
}

fn tracing(letter: &str, request: &str) -> String {
    guest(
        r#"(import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
        (import "env" "proxy_send_local_response" (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_continue_stream" (func $resume (param i32) (result i32)))
        (import "env" "proxy_set_effective_context" (func $effective (param i32) (result i32)))"#,
        &format!(
            r#"(data (i32.const 100) "trace{letter}")
            (func $trace (param i32) (drop (call $add (local.get 0) (i32.const 100) (i32.const 5) (i32.const 105) (i32.const 1))))
            (func $answer (drop (call $reply (i32.const 418) (i32.const 0) (i32.const 0) (i32.const 100) (i32.const 6)
                (i32.const 0) (i32.const 0) (i32.const -1))))
            (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (call $trace (i32.const 0)) {request})
            (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32) (call $trace (i32.const 2)) (i32.const 0))
            (func (export "proxy_on_tick") (param i32)
                (drop (call $effective (i32.const 2))) (drop (call $resume (i32.const 0))))
            (func (export "proxy_on_log") (param i32) (drop (call $log (i32.const 2) (i32.const 105) (i32.const 1))))"#
        ),
    )
}

fn trace(headers: &Headers) -> String {
    headers.iter().filter(|(name, _)| *name == b"trace").map(|(_, value)| String::from_utf8_lossy(value)).collect()
}

/// The headers that went to the client.
fn answered(outputs: &Outputs) -> &Headers {
    outputs
        .iter()
        .find_map(|(_, output)| match output {
            Output::ToClient(Message::Headers { headers, .. }) => Some(headers),
            _ => None,
        })
        .unwrap_or_else(|| panic!("nothing for the client: {outputs:?}"))
}

#[test]
fn requests_go_forth_and_responses_back() {
    let (mut worker, _) = chain(["a", "b", "c"].map(tracer));
    let id = open(&mut worker);
    let outputs = worker.from_client(id, beginning(get(), false));
    let [(_, Output::ToUpstream(Message::Headers { headers: sent, end: false }))] = &outputs[..] else {
        panic!("{outputs:?}")
    };
    assert_eq!(trace(sent), "abc");
    assert_eq!(worker.from_client(id, data("x", true)), [(id, Output::ToUpstream(data("x", true)))]);
    let outputs = worker.from_upstream(id, beginning(headers([(":status", "200")]), true));
    assert_eq!(trace(answered(&outputs)), "cba");
}

#[test]
fn an_answer_passes_the_plugins_that_the_request_reached() {
    let (mut worker, _) = chain([tracer("a"), Bench::wat(&tracing("b", "(call $answer) (i32.const 0)")), tracer("c")]);
    let id = open(&mut worker);
    let outputs = worker.from_client(id, beginning(get(), true));
    assert_eq!(outputs[0], (id, Output::Answered));
    let reply = answered(&outputs);
    assert_eq!((trace(reply).as_str(), reply.get(b":status")), ("ba", Some(&b"418"[..])));
    assert_eq!(outputs.last(), Some(&(id, Output::ToClient(data("traceb", true)))));
    // An upstream that was asked before has nothing to say any more.
    assert_eq!(worker.from_upstream(id, beginning(headers([(":status", "200")]), true)), []);
}

#[test]
fn every_plugin_logs_even_where_the_request_never_came() {
    let benches = [Bench::wat(&tracing("a", "(call $answer) (i32.const 0)")), tracer("b")];
    let worlds: Vec<_> = benches.iter().map(|bench| bench.world.clone()).collect();
    let (mut worker, _) = chain(benches);
    let id = open(&mut worker);
    worker.from_client(id, beginning(get(), true));
    assert_eq!(worker.finish(id, &LogView::default()), []);
    let told: Vec<_> = worlds.iter().map(|world| world.log.borrow().clone()).collect();
    assert_eq!(told, [vec![(2, "a".to_owned())], vec![(2, "b".to_owned())]]);
    assert_eq!(worker.from_client(id, data("x", true)), []);
}

#[test]
fn a_paused_plugin_holds_the_exchange_until_its_machine_says_more() {
    let pausing = Bench::wat(&tracing("a", "(i32.const 1)"));
    let root = pausing.root;
    let (mut worker, ids) = chain([pausing, tracer("b")]);
    let id = open(&mut worker);
    assert_eq!(worker.from_client(id, beginning(get(), false)), []);
    assert_eq!(worker.from_client(id, data("body", true)), []);
    let outputs = worker.event(ids[0], |machine| machine.tick(root));
    let [(_, Output::ToUpstream(Message::Headers { headers, .. })), (_, Output::ToUpstream(body))] = &outputs[..]
    else {
        panic!("{outputs:?}")
    };
    assert_eq!((trace(headers).as_str(), body), ("ab", &data("body", true)));
}

#[test]
fn a_full_buffer_stops_the_client_and_an_empty_one_lets_it_go_on() {
    let bench = Bench::wat(&tracing("a", "(i32.const 4)"));
    let root = bench.root;
    let (mut worker, ids) = chain([bench]);
    let facts = Rc::new(Facts::default());
    gateway::Exchange::set_buffer_limit(&*facts, Direction::Request, 4);
    let id = worker.open(facts);
    worker.from_client(id, beginning(get(), false));
    let reading = |stop| (id, Output::Reading { direction: Direction::Request, stop });
    assert_eq!(worker.from_client(id, data("12345", false)), [reading(true)]);
    assert_eq!(worker.from_client(id, data("6", true)), []);
    let outputs = worker.event(ids[0], |machine| machine.tick(root));
    assert!(outputs.contains(&reading(false)), "{outputs:?}");
    assert_eq!(outputs.last(), Some(&(id, Output::ToUpstream(data("123456", true)))));
}

#[test]
fn a_crash_answers_every_exchange_of_the_machine() {
    let crashing = Bench::wat(&tracing("b", "(if (result i32) (local.get 2) (then unreachable) (else (i32.const 1)))"));
    let (mut worker, ids) = chain([tracer("a"), crashing]);
    let (paused, fatal) = (open(&mut worker), open(&mut worker));
    assert_eq!(worker.from_client(paused, beginning(get(), false)), []);
    let outputs = worker.from_client(fatal, beginning(get(), true));
    for id in [paused, fatal] {
        let own: Outputs = outputs.iter().filter(|(exchange, _)| *exchange == id).cloned().collect();
        let reply = answered(&own);
        assert_eq!((reply.get(b":status"), trace(reply).as_str()), (Some(&b"503"[..]), "a"));
    }
    assert!(worker.machine(ids[1]).and_then(Vm::crash).is_some());
}

#[test]
fn one_machine_may_hold_several_plugins_of_a_chain() {
    let module = wat(&tracing("a", "(i32.const 0)"));
    let mut machine = Vm::new(&module, Rc::new(FakeWorld::default()), VmSettings::default()).unwrap();
    let roots = [(); 3].map(|()| machine.start_plugin(Plugin::default()).unwrap());
    let mut worker = Worker::default();
    let id = worker.add_machine(machine);
    roots.into_iter().for_each(|root| worker.add_filter(id, root));
    let exchange = open(&mut worker);
    let outputs = worker.from_client(exchange, beginning(get(), true));
    assert!(
        matches!(&outputs[..], [(_, Output::ToUpstream(Message::Headers { headers, .. }))] if trace(headers) == "aaa")
    );
}

#[test]
fn built_plugins_work_together() {
    let set = r#"{"response": [{"set": {"name": "x-by", "value": "gateway"}}]}"#;
    let (mut worker, _) =
        chain([Bench::built("header-injector", set), Bench::built("mock-response", r#"{"mockEnable": true}"#)]);
    let id = open(&mut worker);
    let outputs = worker.from_client(id, beginning(get(), true));
    assert_eq!(answered(&outputs).get(b"x-by"), Some(&b"gateway"[..]));
    assert_eq!(outputs.last(), Some(&(id, Output::ToClient(data("hello world", true)))));
    assert_eq!(worker.finish(id, &LogView::default()), []);
}
