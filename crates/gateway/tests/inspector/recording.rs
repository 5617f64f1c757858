//! What plugins do with an exchange is written down as it happened.

use gateway::trace::{Action, Happened, List, Outcome, Request, Result as Ended};
use gateway::{Direction, GrpcNews, HttpAnswer, Message, Refused};

use super::guests::{BODY, Chain, HTTP_ANSWER, REQUEST, RESPONSE, callbacks, calls};

#[test]
fn phases_with_their_changes_and_what_came_and_left() {
    let writer = format!(
        "{REQUEST} (call $set (i32.const 0)) (i32.const 0)) {RESPONSE} (call $set (i32.const 2)) (i32.const 0))"
    );
    let remover = format!("{REQUEST} (call $remove (i32.const 0)) (call $say) (i32.const 0))");
    let mut chain = Chain::of(&[("writer", &writer), ("remover", &remover)]);
    let (id, recording) = chain.open();
    chain.get(id, &[("x-a", "0")]);
    assert_eq!(recording.record().outcome, Outcome::UnderWay);
    recording.sent_to("backend", "127.0.0.1:1");
    chain.ok(id);
    chain.finish(id);

    let record = recording.record();
    assert_eq!(
        (record.method.as_str(), record.path.as_str(), record.authority.as_str()),
        ("GET", "/get?x=1", "example.com")
    );
    let told: Vec<_> = callbacks(&record)
        .iter()
        .map(|(plugin, callback)| (*plugin, callback.name, callback.action, callback.changes.clone()))
        .collect();
    let names: Vec<_> = told.iter().map(|(plugin, name, action, _)| (*plugin, *name, *action)).collect();
    let go_on = Some(Action::Continue);
    assert_eq!(
        names,
        [
            ("writer", "proxy_on_request_headers", go_on),
            ("remover", "proxy_on_request_headers", go_on),
            ("writer", "proxy_on_response_headers", go_on),
        ]
    );
    let changes: Vec<_> = told
        .iter()
        .flat_map(|(.., changes)| changes)
        .map(|it| (it.list, it.before.join(","), it.after.join(",")))
        .collect();
    let text = |text: &str| text.to_owned();
    assert_eq!(
        changes,
        [
            (List::RequestHeaders, text("0"), text("1")),
            (List::RequestHeaders, text("1"), text("")),
            (List::ResponseHeaders, text(""), text("1")),
        ]
    );
    assert!(callbacks(&record).iter().all(|(_, callback)| callback.took.is_some() && callback.times == 1));
    assert!(matches!(&record.events[2].happened, Happened::Log(line) if line.level == 3), "{:?}", record.events);
    let has = |travel: &Option<gateway::trace::ShownHeaders>| {
        travel.as_ref().is_some_and(|list| list.headers.iter().any(|header| header.name == "x-a"))
    };
    assert!(has(&record.request.came) && !has(&record.request.left));
    assert!(!has(&record.response.came) && has(&record.response.left));
    assert_eq!((record.response.came_bytes, record.response.left_bytes), (10, 10));
    assert_eq!((record.status, record.outcome, record.reply), (Some(200), Outcome::Answered, None));
    assert_eq!(record.upstream.map(|it| it.host), Some("127.0.0.1:1".to_owned()));
}

#[test]
fn calls_and_what_their_answer_leads_to() {
    // The stream is context 2: the root context came first.
    let plugin = format!(
        "{REQUEST} (call $http) (call $redis) (i32.const 1))
        {HTTP_ANSWER} (call $enter (i32.const 2)) (call $set (i32.const 0)) (call $resume (i32.const 0)))"
    );
    let mut chain = Chain::of(&[("caller", &plugin)]);
    let (id, recording) = chain.open();
    chain.get(id, &[]);
    let tokens = chain.world.calls.borrow().clone();
    let waiting = recording.record();
    assert!(calls(&waiting).iter().all(|call| call.result.is_none()), "{waiting:?}");
    let [(_, first)] = callbacks(&waiting)[..] else { panic!("{waiting:?}") };
    assert_eq!((first.action, first.end), (Some(Action::Pause), true));

    let headers = [(":status", "503")].into_iter().collect();
    let answer = HttpAnswer { headers, body: b"gone".to_vec(), ..HttpAnswer::default() };
    chain.worker.event(chain.machines[0], |vm| vm.http_answered(tokens[0], Some(answer)));
    chain.worker.event(chain.machines[0], |vm| vm.redis_answered(tokens[1], Some(b"-WRONGPASS no\r\n".to_vec())));
    let record = recording.record();
    let [http, redis] = calls(&record)[..] else { panic!("{record:?}") };
    assert_eq!((http.cluster.as_str(), redis.cluster.as_str()), ("some-cluster", "some-cluster"));
    let path = "/t?token=***".to_owned();
    assert_eq!(http.request, Request::Http { method: "GET".to_owned(), path, body: 5 });
    assert_eq!(http.result, Some(Ended::Status { status: "503".to_owned(), body: 4 }));
    assert_eq!(redis.request, Request::Redis { command: "AUTH".to_owned() });
    assert_eq!(redis.result, Some(Ended::Reply { reply: "WRONGPASS".to_owned(), error: true, size: 15 }));
    assert!(http.took.is_some() && redis.took.is_some());

    let [_, (_, answered)] = callbacks(&record)[..] else { panic!("{record:?}") };
    assert_eq!((answered.name, &answered.asked), ("proxy_on_http_call_response", &vec!["resume request"]));
    assert_eq!(answered.changes.len(), 1, "{answered:?}");
    assert!(record.request.left.is_some());
}

#[test]
fn calls_that_fail_say_how() {
    let plugin = format!("{REQUEST} (call $http) (i32.const 1))");
    let failed = |why| Some(Ended::Failed { why });
    for (refused, why) in [
        (Refused::UnknownCluster, "refused: no cluster has this name"),
        (Refused::NoHost, "refused: the cluster has no host to talk to, or too much waits already"),
    ] {
        let mut chain = Chain::of(&[("caller", &plugin)]);
        chain.world.refuse.set(Some(refused));
        let (id, recording) = chain.open();
        chain.get(id, &[]);
        assert_eq!(calls(&recording.record())[0].result, failed(why));
    }
    let mut chain = Chain::of(&[("caller", &plugin)]);
    let (id, recording) = chain.open();
    chain.get(id, &[]);
    let (second, unanswered) = chain.open();
    chain.get(second, &[]);
    chain.worker.event(chain.machines[0], |vm| vm.http_answered(4, None));
    assert_eq!(calls(&recording.record())[0].result, failed("the connection was reset"));
    chain.finish(second);
    assert_eq!(calls(&unanswered.record())[0].result, failed("the exchange ended before the answer"));
    assert_eq!(unanswered.record().outcome, Outcome::CutOff);
}

#[test]
fn who_replied_is_told_and_with_what() {
    let replier = format!("{REQUEST} (call $reply) (i32.const 1))");
    let mut chain = Chain::of(&[("first", ""), ("replier", &replier)]);
    let (id, recording) = chain.open();
    chain.get(id, &[]);
    chain.finish(id);
    let record = recording.record();
    let reply = record.reply.as_ref().unwrap();
    assert_eq!((reply.plugin.as_deref(), reply.status, reply.details.as_str()), (Some("replier"), 418, "tea"));
    assert_eq!((record.status, record.outcome), (Some(418), Outcome::Answered));
    assert!(record.request.left.is_none());
    assert_eq!(callbacks(&record)[0].1.asked, ["reply"]);
}

#[test]
fn a_crash_is_told_and_ends_what_was_awaited() {
    let plugin = format!("{REQUEST} (call $http) (unreachable))");
    let mut chain = Chain::of(&[("crasher", &plugin)]);
    let (id, recording) = chain.open();
    chain.get(id, &[]);
    let record = recording.record();
    let [(_, callback)] = callbacks(&record)[..] else { panic!("{record:?}") };
    assert!(callback.crashed && callback.took.is_some());
    assert_eq!(calls(&record)[0].result, Some(Ended::Failed { why: "the plugin crashed before the answer" }));
    assert!(record.worst_level() == Some(5) && record.status == Some(503), "{record:?}");
    assert_eq!(record.reply.map(|reply| reply.details), Some("wasm_fail_stream".to_owned()));
}

#[test]
fn grpc_calls_are_told_by_their_method_and_grpcs_status() {
    let mut chain = Chain::of(&[("caller", &format!("{REQUEST} (call $grpc) (call $grpc) (i32.const 1))"))]);
    let (id, recording) = chain.open();
    chain.get(id, &[]);
    let tokens = chain.world.calls.borrow().clone();
    let closed = GrpcNews::Closed { status: 14, message: "token=S3CR3T".into() };
    for (token, news) in tokens.iter().zip([GrpcNews::Message(b"S3CR3T".to_vec()), closed]) {
        chain.worker.event(chain.machines[0], |vm| vm.grpc_news(*token, news));
    }
    let record = recording.record();
    let [good, bad] = calls(&record)[..] else { panic!("{record:?}") };
    assert_eq!(good.request, Request::Grpc { method: "x-a/tea".into(), stream: false });
    assert_eq!(good.result, Some(Ended::Grpc { status: 0, body: 6 }));
    assert_eq!(bad.result, Some(Ended::Grpc { status: 14, body: 0 }));
    assert!(!format!("{record:?}").contains("S3CR3T"), "{record:?}");
}

#[test]
fn pieces_of_a_body_are_told_once() {
    let plugin = format!("{BODY} (i32.const 0))");
    let mut chain = Chain::of(&[("a", &plugin), ("b", &plugin)]);
    let (id, recording) = chain.open();
    chain.get(id, &[]);
    let headers = [(":status", "200")].into_iter().collect();
    chain.worker.from_upstream(id, Message::Headers { headers, end: false });
    for piece in 1..=1000 {
        chain.worker.from_upstream(id, Message::Data { bytes: vec![0; 100], end: piece == 1000 });
    }
    chain.finish(id);
    let record = recording.record();
    let told: Vec<_> = callbacks(&record).iter().map(|(plugin, it)| (*plugin, it.times, it.body, it.end)).collect();
    assert_eq!(told, [("b", 1000, Some(100_000), true), ("a", 1000, Some(100_000), true)]);
    assert_eq!((record.response.left_bytes, record.events_left_out), (100_000, 0));
}

#[test]
fn a_body_that_a_plugin_changes_tells_both_sizes() {
    let write = "(drop (call $write (i32.const 1) (i32.const 0) (i32.const 10) (i32.const 120) (i32.const 3)))";
    let mut chain = Chain::of(&[("cutter", &format!("{BODY} {write} (i32.const 0))"))]);
    let (id, recording) = chain.open();
    chain.get(id, &[]);
    chain.ok(id);
    let record = recording.record();
    let (_, callback) = callbacks(&record)[0];
    assert_eq!((callback.body, callback.body_after), (Some(10), Some(3)));
    assert_eq!((record.response.came_bytes, record.response.left_bytes), (10, 3));
}

#[test]
fn what_the_server_tells_is_kept() {
    let mut chain = Chain::of(&[]);
    let (_, recording) = chain.open();
    recording.replied(None, 404, "route_not_found");
    let headers = [(":status", "404")].into_iter().collect();
    recording.left(Direction::Response, &Message::Headers { headers, end: true });
    let record = recording.record();
    assert_eq!((record.reply.unwrap().plugin, record.status), (None, Some(404)));
}
