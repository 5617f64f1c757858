//! Exchanges through a chain of plugins: order, answers, crashes, and the end.

use std::rc::Rc;

use gateway::{Direction, Facts, Filter, Headers, LogView, Message, Output, Outputs, Plugin, RootId, Vm, VmSettings};

use super::chains::Chains;
use super::{built, get, guest, headers, wat};

/// The first plugin of any machine.
const FIRST: RootId = RootId::from_number(1);

fn beginning(headers: Headers, end: bool) -> Message {
    Message::Headers { headers, end }
}

fn data(text: &str, end: bool) -> Message {
    Message::Data { bytes: text.into(), end }
}

fn chain(filters: impl IntoIterator<Item = Filter>) -> Chains {
    Chains::new(&[filters.into_iter().collect()])
}

fn of(text: &str) -> Filter {
    super::chains::filter(&wat(text), "")
}

/// Adds a header `trace: <letter>` to requests and responses, and logs its letter at the end.
fn tracer(letter: &str) -> Filter {
    of(&tracing(letter, "(i32.const 0)"))
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
    let mut chains = chain(["a", "b", "c"].map(tracer));
    let id = chains.open();
    let outputs = chains.worker.from_client(id, beginning(get(), false));
    let [(_, Output::ToUpstream(Message::Headers { headers: sent, end: false }))] = &outputs[..] else {
        panic!("{outputs:?}")
    };
    assert_eq!(trace(sent), "abc");
    assert_eq!(chains.worker.from_client(id, data("x", true)), [(id, Output::ToUpstream(data("x", true)))]);
    let outputs = chains.worker.from_upstream(id, beginning(headers([(":status", "200")]), true));
    assert_eq!(trace(answered(&outputs)), "cba");
}

#[test]
fn an_answer_passes_the_plugins_that_the_request_reached() {
    let mut chains = chain([tracer("a"), of(&tracing("b", "(call $answer) (i32.const 0)")), tracer("c")]);
    let id = chains.open();
    let outputs = chains.worker.from_client(id, beginning(get(), true));
    assert_eq!(outputs[0], (id, Output::Answered));
    let reply = answered(&outputs);
    assert_eq!((trace(reply).as_str(), reply.get(b":status")), ("ba", Some(&b"418"[..])));
    assert_eq!(outputs.last(), Some(&(id, Output::ToClient(data("traceb", true)))));
    // An upstream that was asked before has nothing to say any more.
    assert_eq!(chains.worker.from_upstream(id, beginning(headers([(":status", "200")]), true)), []);
}

#[test]
fn every_plugin_logs_even_where_the_request_never_came() {
    let mut chains = chain([of(&tracing("a", "(call $answer) (i32.const 0)")), tracer("b")]);
    let id = chains.open();
    chains.worker.from_client(id, beginning(get(), true));
    assert_eq!(chains.worker.finish(id, &LogView::default()), []);
    let told: Vec<_> = chains.machines().into_iter().map(|machine| chains.told(machine)).collect();
    assert_eq!(told, ["a", "b"]);
    assert_eq!(chains.worker.from_client(id, data("x", true)), []);
}

#[test]
fn a_paused_plugin_holds_the_exchange_until_its_machine_says_more() {
    let mut chains = chain([of(&tracing("a", "(i32.const 1)")), tracer("b")]);
    let id = chains.open();
    assert_eq!(chains.worker.from_client(id, beginning(get(), false)), []);
    assert_eq!(chains.worker.from_client(id, data("body", true)), []);
    let machine = chains.machines()[0];
    let outputs = chains.worker.event(machine, |machine| machine.tick(FIRST));
    let [(_, Output::ToUpstream(Message::Headers { headers, .. })), (_, Output::ToUpstream(body))] = &outputs[..]
    else {
        panic!("{outputs:?}")
    };
    assert_eq!((trace(headers).as_str(), body), ("ab", &data("body", true)));
}

#[test]
fn a_full_buffer_stops_the_client_and_an_empty_one_lets_it_go_on() {
    let mut chains = chain([of(&tracing("a", "(i32.const 4)"))]);
    let facts = Rc::new(Facts::default());
    gateway::Exchange::set_buffer_limit(&*facts, Direction::Request, 4);
    let id = chains.worker.open(0, facts);
    chains.worker.from_client(id, beginning(get(), false));
    let reading = |stop| (id, Output::Reading { direction: Direction::Request, stop });
    assert_eq!(chains.worker.from_client(id, data("12345", false)), [reading(true)]);
    assert_eq!(chains.worker.from_client(id, data("6", true)), []);
    let machine = chains.machines()[0];
    let outputs = chains.worker.event(machine, |machine| machine.tick(FIRST));
    assert!(outputs.contains(&reading(false)), "{outputs:?}");
    assert_eq!(outputs.last(), Some(&(id, Output::ToUpstream(data("123456", true)))));
}

#[test]
fn a_buffer_limit_of_zero_is_none() {
    for buffering in ["(i32.const 3)", "(i32.const 4)"] {
        let mut chains = chain([of(&tracing("a", buffering))]);
        let facts = Rc::new(Facts::default());
        gateway::Exchange::set_buffer_limit(&*facts, Direction::Request, 0);
        let id = chains.worker.open(0, facts);
        chains.worker.from_client(id, beginning(get(), false));
        let body = "x".repeat(2 << 20);
        assert_eq!(chains.worker.from_client(id, data(&body, true)), [], "{buffering}");
        let machine = chains.machines()[0];
        let outputs = chains.worker.event(machine, |machine| machine.tick(FIRST));
        assert!(outputs.last() == Some(&(id, Output::ToUpstream(data(&body, true)))), "{buffering}");
    }
}

#[test]
fn a_crash_answers_every_exchange_of_the_machine() {
    let crashing = of(&tracing("b", "(if (result i32) (local.get 2) (then unreachable) (else (i32.const 1)))"));
    let mut chains = chain([tracer("a"), crashing]);
    let (paused, fatal) = (chains.open(), chains.open());
    assert_eq!(chains.worker.from_client(paused, beginning(get(), false)), []);
    let outputs = chains.worker.from_client(fatal, beginning(get(), true));
    for id in [paused, fatal] {
        let own: Outputs = outputs.iter().filter(|(exchange, _)| *exchange == id).cloned().collect();
        let reply = answered(&own);
        assert_eq!((reply.get(b":status"), trace(reply).as_str()), (Some(&b"503"[..]), "a"));
    }
    let machine = chains.machines()[1];
    assert!(chains.worker.machine(machine).and_then(Vm::crash).is_some());
}

#[test]
fn one_machine_may_hold_several_plugins_of_a_chain() {
    let module = wat(&tracing("a", "(i32.const 0)"));
    let mut chains = chain(["x", "y", "x"].map(|name| super::chains::filter(&module, name)));
    assert_eq!(chains.machines().len(), 1);
    let exchange = chains.open();
    let outputs = chains.worker.from_client(exchange, beginning(get(), true));
    assert!(
        matches!(&outputs[..], [(_, Output::ToUpstream(Message::Headers { headers, .. }))] if trace(headers) == "aaa")
    );
}

#[test]
fn built_plugins_work_together() {
    let set = r#"{"response": [{"set": {"name": "x-by", "value": "gateway"}}]}"#;
    let filter = |name, configuration: &str| Filter {
        module: built(name),
        vm: VmSettings::default(),
        plugin: Plugin { configuration: configuration.into(), ..Plugin::default() },
    };
    let mut chains = chain([filter("header-injector", set), filter("mock-response", r#"{"mockEnable": true}"#)]);
    let id = chains.open();
    let outputs = chains.worker.from_client(id, beginning(get(), true));
    assert_eq!(answered(&outputs).get(b"x-by"), Some(&b"gateway"[..]));
    assert_eq!(outputs.last(), Some(&(id, Output::ToClient(data("hello world", true)))));
    assert_eq!(chains.worker.finish(id, &LogView::default()), []);
}
