//! Request headers: the six tools, the request line, and the cases where gateways differ from expectation.

use crate::stage::{stage, values};

#[testkit::scenario]
fn get_http_request_headers() {
    let stage = stage();
    stage.gateway.get("/request-headers/get-all").header("x-b", "1").header("x-a", "2").header("x-b", "3").send();
    let names = stage.seen("/request-headers/get-all").header_text("x-names").unwrap().to_owned();
    assert!(names.starts_with(":authority,:path,:method,:scheme,"), "{names}");
    assert!(names.contains("x-b,x-a,x-b"), "in the order of the wire, repeated: {names}");
}

#[testkit::scenario]
fn replace_http_request_headers() {
    let stage = stage();
    let request = stage.gateway.get("/request-headers/replace-all").header("x-keep", "a").header("x-drop", "b");
    assert_eq!(request.header("x-keep", "c").send().status, 200);
    let seen = stage.seen("/request-headers/replace-all");
    assert_eq!(values(&seen.headers, "x-keep"), ["a", "c"]);
    assert_eq!(values(&seen.headers, "x-new"), ["1"]);
    assert_eq!(seen.header("x-drop"), None);
}

#[testkit::scenario]
fn get_http_request_header() {
    let stage = stage();
    stage.gateway.get("/request-headers/get").header("X-Value", "first").header("x-value", "second").send();
    assert_eq!(values(&stage.seen("/request-headers/get").headers, "x-copy"), ["first"]);
}

#[testkit::scenario]
fn a_header_that_is_missing_is_none() {
    let stage = stage();
    assert_eq!(stage.gateway.get("/request-headers/get?missing").send().status, 200);
    assert_eq!(stage.seen("/request-headers/get?missing").header("x-copy"), None);
}

#[testkit::scenario]
fn a_header_that_is_empty_is_not_missing() {
    let stage = stage();
    stage.gateway.get("/request-headers/get?empty").header("x-value", "").send();
    assert_eq!(stage.seen("/request-headers/get?empty").header("x-copy"), Some(&b""[..]));
}

#[testkit::scenario]
fn all_values_of_a_name_come_in_order_and_as_bytes() {
    let stage = stage();
    let request = stage.gateway.get("/request-headers/get-every-value").header("x-value", "one");
    request.header("x-other", "between").header("x-value", b"\xff\xfe\x80").header("X-VALUE", "three").send();
    let seen = stage.seen("/request-headers/get-every-value");
    assert_eq!(seen.headers.all("x-copy"), [&b"one"[..], b"\xff\xfe\x80", b"three"]);
}

#[testkit::scenario]
fn remove_http_request_header() {
    let stage = stage();
    let request = stage.gateway.get("/request-headers/remove").header("x-value", "one").header("x-value", "two");
    assert_eq!(request.send().status, 200);
    assert_eq!(stage.seen("/request-headers/remove").header("x-value"), None);
    assert_eq!(stage.gateway.get("/request-headers/remove?missing").send().status, 200);
}

#[testkit::scenario]
fn replace_http_request_header() {
    let stage = stage();
    stage.gateway.get("/request-headers/replace").header("x-value", "one").send();
    stage.gateway.get("/request-headers/replace?new").send();
    assert_eq!(values(&stage.seen("/request-headers/replace").headers, "x-value"), ["replaced"]);
    assert_eq!(values(&stage.seen("/request-headers/replace?new").headers, "x-value"), ["replaced"]);
}

/// A copy that survived would let a client smuggle a header past the plugin that sets it.
#[testkit::scenario]
fn replace_leaves_one_value_of_a_repeated_header() {
    let stage = stage();
    let request = stage.gateway.get("/request-headers/replace?repeated").header("x-value", "one");
    request.header("x-value", "two").header("X-Value", "three").send();
    assert_eq!(values(&stage.seen("/request-headers/replace?repeated").headers, "x-value"), ["replaced"]);
}

#[testkit::scenario]
fn add_http_request_header() {
    let stage = stage();
    stage.gateway.get("/request-headers/add").header("x-value", "one").send();
    assert_eq!(values(&stage.seen("/request-headers/add").headers, "x-value"), ["one", "added"]);
}

#[testkit::scenario]
fn the_request_line_has_names() {
    let stage = stage();
    let reply = stage.gateway.post("/request-headers/line?a=%2F&b", "body").header("host", "shop.example:8080").send();
    assert_eq!(
        reply.text(),
        "POST\nhttp\nshop.example:8080\n/request-headers/line\na=%2F&b\n/request-headers/line?a=%2F&b\nbody true\nupgrade false"
    );
    let reply = stage.gateway.get("/request-headers/line").header("host", "x").http2().send();
    assert_eq!(
        reply.text(),
        "GET\nhttp\nx\n/request-headers/line\nno query\n/request-headers/line\nbody false\nupgrade false"
    );
}

#[testkit::scenario]
fn pseudo_headers_rewrite_the_request_line() {
    let stage = stage();
    assert_eq!(stage.gateway.get("/request-headers/rewrite").send().status, 200);
    let seen = stage.seen("/rewritten?by=tour");
    assert_eq!((seen.method.as_str(), seen.header_text("host")), ("PUT", Some("rewritten.example")));
}

#[testkit::scenario]
fn a_value_that_would_split_the_message_is_refused() {
    let stage = stage();
    let reply = stage.gateway.get("/request-headers/bad-value").send();
    assert_eq!(reply.status, 500);
    assert!(!reply.text().contains("x-forged"), "{reply:?}");
    assert_eq!(stage.access_line("/request-headers/bad-value"), "/request-headers/bad-value 500 tour.invalid_header -");
    stage.gateway.wait_for_log("contains CR, LF or NUL", crate::stage::PATIENCE);
}
