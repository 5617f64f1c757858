//! Response headers: the six tools, the status, and whose response it is.

use crate::stage::{stage, values};

#[testkit::scenario]
fn get_http_response_headers() {
    let reply = stage().gateway.get("/response-headers/get-all").send();
    let names = reply.header_text("x-names").unwrap();
    assert!(names.starts_with(":status,"), "{names}");
    assert!(names.contains("x-value,x-other,x-value,x-value,x-keep"), "{names}");
}

#[testkit::scenario]
fn replace_http_response_headers() {
    let reply = stage().gateway.get("/response-headers/replace-all").send();
    assert_eq!((reply.status, reply.text()), (200, "hi"));
    assert_eq!(values(&reply.headers, "x-keep"), ["kept"]);
    assert_eq!(values(&reply.headers, "x-new"), ["1"]);
    assert_eq!(reply.header("x-value"), None);
}

#[testkit::scenario]
fn get_http_response_header() {
    let reply = stage().gateway.get("/response-headers/get").send();
    assert_eq!(values(&reply.headers, "x-copy"), ["one"]);
}

#[testkit::scenario]
fn all_values_of_a_name_come_in_order_and_as_bytes() {
    let reply = stage().gateway.get("/response-headers/get-every-value").send();
    assert_eq!(reply.headers.all("x-copy"), [&b"one"[..], b"two", b"\xff\x80"]);
}

#[testkit::scenario]
fn remove_http_response_header() {
    let reply = stage().gateway.get("/response-headers/remove").send();
    assert_eq!(reply.header("x-value"), None);
    assert_eq!(values(&reply.headers, "x-other"), ["between"]);
}

#[testkit::scenario]
fn replace_http_response_header() {
    let reply = stage().gateway.get("/response-headers/replace").send();
    assert_eq!(values(&reply.headers, "x-value"), ["replaced"], "one value of the three");
}

#[testkit::scenario]
fn add_http_response_header() {
    let reply = stage().gateway.get("/response-headers/add").send();
    assert_eq!(reply.headers.all("x-value"), [&b"one"[..], b"two", b"\xff\x80", b"added"]);
}

#[testkit::scenario]
fn the_status_is_read_and_changed() {
    let reply = stage().gateway.get("/response-headers/status").send();
    assert_eq!((reply.status, reply.header_text("x-status-was")), (203, Some("200")));
}

#[testkit::scenario]
fn a_response_of_the_upstream_is_told_from_one_of_the_gateway() {
    let stage = stage();
    assert_eq!(stage.gateway.get("/response-headers/origin").send().header_text("x-from"), Some("upstream"));
    let gateway =
        testkit::Gateway::new().plugin("tour", serde_json::json!({})).upstream(testkit::Target::refused()).start();
    let reply = gateway.get("/response-headers/origin").send();
    assert_eq!((reply.status, reply.header_text("x-from")), (503, Some("gateway")));
}
