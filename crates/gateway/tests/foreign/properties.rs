//! Properties: what is declared of them, and what paths find.

use crate::caller::{BAD_ARGUMENT, Call, Caller, NOT_FOUND, OK, SERIALIZATION_FAILURE};
use crate::message::{bytes, number};

pub(crate) fn set<'a>(name: &str, value: &str) -> Call<'a> {
    ("set", [&[name.len() as u8], name.as_bytes(), value.as_bytes()].concat())
}

fn get<'a>(path: &str) -> Call<'a> {
    ("get", path.replace('/', "\0").into_bytes())
}

fn once<'a>(name: &str) -> Call<'a> {
    ("declare_property", [bytes(1, name), number(2, 1)].concat())
}

#[testkit::scenario]
fn only_what_the_plugin_declared_as_a_whole_counts() {
    let lasting = ("declare_property", [bytes(1, "lasting"), number(5, 2)].concat());
    let caller =
        Caller::configured(&[once("once"), once("once"), ("declare_property", b"\x0a\x05cut".to_vec()), lasting]);
    let expected = [OK, BAD_ARGUMENT, BAD_ARGUMENT, OK].map(|status| (status, vec![]));
    assert_eq!(caller.make_at("/c", &[]), expected, "a declaration is final");

    let outcomes = caller.make(&[set("once", "1"), set("once", "2"), get("once")]);
    assert_eq!(outcomes, [(OK, vec![]), (BAD_ARGUMENT, vec![]), (OK, b"1".into())]);
    let outcomes = caller.make(&[once("mine"), once("mine"), set("mine", "1"), set("mine", "2"), get("mine")]);
    assert_eq!(outcomes[..2], [(OK, vec![]), (BAD_ARGUMENT, vec![])]);
    assert_eq!(outcomes[2..], [(OK, vec![]), (OK, vec![]), (OK, b"2".into())], "a request cannot declare");

    let outcomes = caller.make_in_turn(&[&[set("lasting", "1"), set("short", "1")], &[get("lasting"), get("short")]]);
    assert_eq!(outcomes[1], [(OK, b"1".into()), (NOT_FOUND, vec![])]);
}

#[testkit::scenario]
fn a_path_finds_one_value_or_says_what_it_is_instead() {
    let caller = Caller::start();
    for group in ["", "request", "response", "source", "destination", "upstream", "connection", "xds", "filter_state"] {
        assert_eq!(caller.make(&[get(group)]), [(SERIALIZATION_FAILURE, vec![])], "{group}");
    }
    for (path, value) in [
        ("request/path", "/a/b?q=1"),
        ("request/path/", "/a/b?q=1"),
        ("request/headers/X-A", "1"),
        ("request/headers/x-m", "one,two"),
        ("plugin_name", "caller"),
        ("response/headers", "\0\0\0\0"),
    ] {
        assert_eq!(caller.make(&[get(path)]), [(OK, value.into())], "{path}");
    }
    for path in ["nothing", "request/nothing", "request/path/x", "request/headers/nothing", "response/code"] {
        assert_eq!(caller.make(&[get(path)]), [(NOT_FOUND, vec![])], "{path}");
    }
    let names = [
        set("a.b", "1"),
        get("a.b"),
        get("a/b"),
        set("c\0d", "2"),
        get("c/d"),
        get("c.d"),
        get("filter_state/wasm.a.b"),
    ];
    let statuses: Vec<_> = caller.make(&names).into_iter().map(|(status, _)| status).collect();
    assert_eq!(statuses, [OK, OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND, OK]);
}
