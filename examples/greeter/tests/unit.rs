//! The greeter over a gateway made of plain data: no Envoy, microseconds.

use greeter::Greeter;
use plugin_core::testing::Bench;

const CONFIG: &str = r#"{"service": {"serviceName": "names.static"}, "requestPath": "/me"}"#;

#[test]
fn greets_by_name_and_marks_the_response() {
    let bench = Bench::<Greeter>::new(CONFIG).unwrap();
    let exchange = bench.get("/orders");
    assert_eq!(bench.calls()[0].cluster, "outbound|80||names.static");
    assert!(!exchange.is_forwarded(), "the request waits for the name");

    bench.answer(0, 200, &[("x-name", "Ada")], "");
    assert_eq!(exchange.request_header("x-greeting").as_deref(), Some("hello Ada"));
    assert!(exchange.is_forwarded());

    exchange.response(200, &[], true);
    assert_eq!(exchange.response_header("x-greeted").as_deref(), Some("yes"));
}

#[test]
fn fails_closed_when_the_service_is_unknown() {
    let bench = Bench::<Greeter>::new(CONFIG).unwrap();
    bench.forget_cluster("outbound|80||names.static");
    let exchange = bench.get("/orders");
    assert_eq!(exchange.reply().unwrap().status, 503);
}

#[test]
fn names_every_fault_of_a_configuration() {
    let refused = Bench::<Greeter>::new(include_str!("faulty.json")).err().unwrap();
    assert_eq!(refused, include_str!("faulty.log").trim_end());
}
