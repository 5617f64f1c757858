//! Calls that fail, each in its own way: the plugin gets an error with a kind and a text that helps.

use std::time::{Duration, Instant};

use crate::stage::stage;

fn ask(service: &str) -> String {
    stage().gateway.get(&format!("/calls/ask?{service}")).send().text().to_owned()
}

#[testkit::scenario]
fn an_unknown_cluster_says_what_to_check() {
    let told = ask("unknown");
    assert!(told.starts_with("unknown_cluster: cluster \"unknown\": the gateway has no such cluster"), "{told}");
}

#[testkit::scenario]
fn a_cluster_without_endpoints_has_no_host() {
    let told = ask("empty");
    assert!(told.starts_with("no_host: cluster \"empty\": the cluster has no healthy host"), "{told}");
}

#[testkit::scenario]
fn a_refused_connection_is_unreachable() {
    let told = ask("refused");
    assert!(told.starts_with("unreachable: cluster \"refused\": the service could not be reached"), "{told}");
}

#[testkit::scenario]
fn a_reset_before_the_answer_is_unreachable() {
    let told = ask("resetting");
    assert!(told.starts_with("unreachable: "), "{told}");
}

#[testkit::scenario]
fn an_answer_that_breaks_is_a_reset() {
    let told = ask("broken");
    assert!(told.starts_with("reset: cluster \"broken\": the connection broke"), "{told}");
}

#[testkit::scenario]
fn a_service_that_hangs_is_given_up_within_its_time() {
    let stage = stage();
    let began = Instant::now();
    let reply = stage.gateway.get("/calls/ask?hanging").send();
    let took = began.elapsed();
    assert_eq!(reply.text(), "timeout: cluster \"hanging\": no answer within 200 ms");
    assert!(took >= Duration::from_millis(195) && took < Duration::from_millis(1000), "{took:?}");
}

#[testkit::scenario]
fn an_answer_that_is_not_http_is_an_error() {
    let told = ask("garbage");
    assert!(told.starts_with("unreachable: cluster \"garbage\""), "{told}");
}

#[testkit::scenario]
fn any_bytes_in_a_header_are_an_answer() {
    assert_eq!(ask("bytes"), "answered 200 with 0 bytes");
}

#[testkit::scenario]
fn an_answer_larger_than_allowed_is_an_error() {
    let told = ask("large");
    assert_eq!(told, "bad_answer: cluster \"large\" answered 1200000 bytes, the plugin takes 1048576");
    assert_eq!(stage().gateway.get("/calls/response-body?after-large").send().status, 200);
}

/// Only what the gateway itself makes up in the service's place is an error.
#[testkit::scenario]
fn a_503_or_504_of_the_service_itself_is_an_answer() {
    assert_eq!(ask("busy"), "answered 503 with 19 bytes");
    assert_eq!(ask("slow"), "answered 504 with 24 bytes");
}

#[testkit::scenario]
fn an_error_that_nobody_handles_is_answered_by_its_kind() {
    let stage = stage();
    let reply = stage.gateway.get("/calls/ask?nobody").send();
    assert_eq!((reply.status, reply.text()), (500, "Internal Server Error\n"));
    assert_eq!(stage.access_line("/calls/ask?nobody"), "/calls/ask?nobody 500 tour.error -");
    stage.gateway.wait_for_log("no service \"nobody\" in `services`", crate::stage::PATIENCE);
}
