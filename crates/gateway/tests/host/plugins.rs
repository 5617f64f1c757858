//! The built plugins and examples of this workspace, run by the host.

use std::time::Duration;

use gateway::{Direction, Effects, Headers, HttpAnswer, LogView, Pass, StreamId};

use super::{Bench, get, headers};

/// The headers that left, in this one direction.
fn passed(effects: &Effects) -> &Headers {
    effects
        .iter()
        .find_map(|(_, pass)| match pass {
            Pass::Headers { headers, .. } => Some(headers),
            _ => None,
        })
        .unwrap_or_else(|| panic!("no headers left: {effects:?}"))
}

fn text<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers.get(name.as_bytes()).map(|value| std::str::from_utf8(value).unwrap())
}

fn answer(bench: &mut Bench, path: &str, name: &str, value: &str) -> Effects {
    let token = {
        let calls = bench.world.http.borrow();
        let found = calls.iter().rev().find(|(_, call)| text(&call.headers, ":path") == Some(path));
        found.unwrap_or_else(|| panic!("nobody asked for {path}")).0
    };
    let headers = headers([(":status", "200"), (name, value)]);
    bench.vm.http_answered(token, Some(HttpAnswer { headers, ..HttpAnswer::default() }))
}

fn end(bench: &mut Bench, stream: StreamId) {
    assert_eq!(bench.vm.finish_stream(stream, LogView::default()), []);
    assert_eq!(bench.vm.crash(), None);
}

#[test]
fn hello_world_answers() {
    let mut bench = Bench::built("examples/hello-world", "");
    let stream = bench.open();
    let effects = bench.request(stream, get(), true);
    let [(_, Pass::Reply(reply))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((reply.status, reply.body.as_slice()), (200, &b"hello world"[..]));
    end(&mut bench, stream);
}

#[test]
fn header_injector_adds_its_header() {
    let mut bench = Bench::built("header-injector", "");
    let stream = bench.open();
    assert_eq!(text(passed(&bench.request(stream, get(), true)), "hello"), Some("world"));
    end(&mut bench, stream);
}

#[test]
fn mock_response_follows_the_rules_of_higress() {
    let configuration = r#"{"mockEnable": true, "status": 201, "_rules_": [
        {"_match_domain_": ["a.example.com"], "mockEnable": true, "status": 202},
        {"_match_route_": ["quiet"], "mockEnable": false}]}"#;
    let mut bench = Bench::built("mock-response", configuration);
    for (authority, route, status) in
        [("b.example.com", "", Some(201)), ("a.example.com", "", Some(202)), ("b.example.com", "quiet", None)]
    {
        bench.facts.set("route_name", route);
        let stream = bench.open();
        let mut request = get();
        request.set(b":authority", authority.as_bytes());
        let effects = bench.request(stream, request, true);
        let answered = match &effects[..] {
            [(_, Pass::Reply(reply))] => Some(reply.status),
            [(_, Pass::Headers { end: true, .. })] => None,
            other => panic!("{other:?}"),
        };
        assert_eq!(answered, status, "{authority} {route}");
        end(&mut bench, stream);
    }
}

#[test]
fn a_faulty_configuration_is_refused_and_the_log_says_why() {
    let bench = Bench::built("mock-response", "");
    let mut vm = bench.vm;
    let plugin = gateway::Plugin { configuration: b"{\"status\": 99}".to_vec(), ..gateway::Plugin::default() };
    assert_eq!(vm.start_plugin(plugin), Err(gateway::StartError::Configure));
    assert!(bench.world.logged("status"), "{:?}", bench.world.log.borrow());
}

#[test]
fn body_before_headers_gets_its_body_first() {
    let mut bench = Bench::built("examples/body-before-headers", "");
    let stream = bench.open();
    assert_eq!(bench.request(stream, get(), false), []);
    assert_eq!(bench.vm.data(stream, Direction::Request, br#"{"tenant":"#, false), []);
    let effects = bench.vm.data(stream, Direction::Request, br#""acme"}"#, true);
    assert_eq!(text(passed(&effects), "x-tenant"), Some("acme"));
    let body = Pass::Data { direction: Direction::Request, bytes: br#"{"tenant":"acme"}"#.to_vec(), end: true };
    assert_eq!(effects.last(), Some(&(stream, body)));
    end(&mut bench, stream);
}

#[test]
fn two_calls_asks_before_and_after_the_upstream() {
    let service = |name: &str| format!(r#"{{"cluster": "{name}"}}"#);
    let configuration =
        format!(r#"{{"user": {}, "quota": {}, "audit": {}}}"#, service("users"), service("quotas"), service("audits"));
    let mut bench = Bench::built("examples/two-calls", &configuration);
    let stream = bench.open();
    assert_eq!(bench.request(stream, get(), true), []);
    assert_eq!(answer(&mut bench, "/quota", "x-quota", "9"), []);
    assert_eq!(answer(&mut bench, "/user", "x-user", "ada"), []);
    let effects = answer(&mut bench, "/audit", "x-any", "1");
    assert_eq!((text(passed(&effects), "x-user"), text(passed(&effects), "x-quota")), (Some("ada"), Some("9")));
    assert_eq!(bench.response(stream, headers([(":status", "200")]), true), []);
    let effects = answer(&mut bench, "/audit", "x-any", "1");
    assert_eq!(text(passed(&effects), "x-audit"), Some("200,200"));
    let clusters: Vec<_> = bench.world.http.borrow().iter().map(|(_, call)| call.cluster.clone()).collect();
    assert_eq!(clusters, ["users", "quotas", "audits", "audits"]);
    end(&mut bench, stream);
}

#[test]
fn an_answer_for_a_client_that_left_is_dropped() {
    let configuration = r#"{"user": {"cluster": "u"}, "quota": {"cluster": "q"}, "audit": {"cluster": "a"}}"#;
    let mut bench = Bench::built("examples/two-calls", configuration);
    let stream = bench.open();
    assert_eq!(bench.request(stream, get(), true), []);
    end(&mut bench, stream);
    assert_eq!(answer(&mut bench, "/user", "x-user", "ada"), []);
    assert_eq!(bench.vm.crash(), None);
}

#[test]
fn the_timer_waits_for_its_tick() {
    let mut bench = Bench::built("examples/timer", r#"{"waitMs": 50, "service": {"cluster": "slow"}}"#);
    let stream = bench.open();
    assert_eq!(bench.request(stream, get(), true), []);
    assert!(bench.world.ticks.borrow().last().is_some_and(|(_, period)| period.is_some()));
    bench.world.time.set(Duration::from_millis(60));
    assert_eq!(bench.vm.tick(bench.root), []);
    let effects = answer(&mut bench, "/slow", "x-any", "1");
    assert_eq!((text(passed(&effects), "x-waited-ms"), text(passed(&effects), "x-service")), (Some("60"), Some("200")));
    end(&mut bench, stream);
}
