//! `expr_create`, `expr_evaluate` and `expr_delete`: the same answers on both engines.

use crate::caller::{BAD_ARGUMENT, Call, Caller, INTERNAL_FAILURE, NOT_FOUND, OK, Outcome, SERIALIZATION_FAILURE};
use crate::message::{bytes, number};
use crate::properties::set;

const SECOND: i64 = 1_000_000_000;

fn create<'a>(text: &str) -> Call<'a> {
    ("expr_create", text.into())
}

fn evaluate<'a>(token: u32) -> Call<'a> {
    ("expr_evaluate", token.to_le_bytes().into())
}

fn delete<'a>(token: u32) -> Call<'a> {
    ("expr_delete", token.to_le_bytes().into())
}

fn int(number: i64) -> Vec<u8> {
    number.to_le_bytes().into()
}

fn double(number: f64) -> Vec<u8> {
    number.to_le_bytes().into()
}

fn flag(flag: bool) -> Vec<u8> {
    vec![flag.into()]
}

/// Pairs as the ABI passes them; a list's have an empty second part.
fn pairs(pairs: &[(&[u8], &[u8])]) -> Vec<u8> {
    let size = |bytes: &[u8]| (bytes.len() as u32).to_le_bytes();
    let mut out = (pairs.len() as u32).to_le_bytes().to_vec();
    out.extend(pairs.iter().flat_map(|(key, value)| [size(key), size(value)].concat()));
    out.extend(pairs.iter().flat_map(|(key, value)| [key, &b"\0"[..], value, b"\0"].concat()));
    out
}

fn list(elements: &[&[u8]]) -> Vec<u8> {
    pairs(&elements.iter().map(|it| (*it, &b""[..])).collect::<Vec<_>>())
}

impl Caller {
    /// What comes of texts after some other calls; none of them may be refused. Tokens begin with `first`.
    fn values_at(&self, path: &str, before: &[Call<'_>], texts: &[&str], first: &mut u32) -> Vec<Outcome> {
        let mut calls = before.to_vec();
        calls.extend(texts.iter().map(|text| create(text)));
        let tokens = *first..*first + texts.len() as u32;
        *first = tokens.end;
        calls.extend(tokens.map(evaluate));
        let mut outcomes = self.make_at(path, &calls).split_off(before.len());
        let values = outcomes.split_off(texts.len());
        for (outcome, text) in outcomes.iter().zip(texts) {
            assert_eq!(outcome.0, OK, "{text} is refused");
        }
        values
    }

    fn expect(&self, expected: &[(&str, Vec<u8>)]) {
        let mut first = u32::from_le_bytes(self.call("expr_create", b"1".into()).1.try_into().unwrap()) + 1;
        for some in expected.chunks(100) {
            let texts: Vec<_> = some.iter().map(|(text, _)| *text).collect();
            let values = self.values_at("/a/b?q=1", &[], &texts, &mut first);
            for (value, (text, wanted)) in values.into_iter().zip(some) {
                assert_eq!(value, (OK, wanted.clone()), "{text}");
            }
        }
    }

    /// All these are created, and evaluating them has this status.
    fn expect_status(&self, status: u8, texts: &[&str]) {
        let mut first = u32::from_le_bytes(self.call("expr_create", b"1".into()).1.try_into().unwrap()) + 1;
        for some in texts.chunks(100) {
            for (value, text) in self.values_at("/a/b?q=1", &[], some, &mut first).into_iter().zip(some) {
                assert_eq!(value, (status, vec![]), "{text}");
            }
        }
    }
}

#[testkit::scenario]
fn values_are_given_as_attributes_are() {
    Caller::start().expect(&[
        ("1", int(1)),
        ("-9223372036854775808", int(i64::MIN)),
        ("0x10", int(16)),
        ("7u", int(7)),
        ("1.5", double(1.5)),
        ("1e3", double(1000.)),
        ("1.0/0.0", double(f64::INFINITY)),
        ("true", flag(true)),
        ("'a\\u00e4'", "aä".into()),
        ("'\\xff'", "ÿ".into()),
        ("'''x'''", "x".into()),
        ("\"dq\"", "dq".into()),
        ("r'\\n'", "\\n".into()),
        ("b'\\xff'", b"\xff".into()),
        ("duration('1h30m')", int(5400 * SECOND)),
        ("duration('-1s')", int(-SECOND)),
        ("timestamp('2020-01-01T00:00:00Z')", int(1_577_836_800 * SECOND)),
        ("timestamp(5)", int(5 * SECOND)),
        ("[]", list(&[])),
        ("[1, 'x']", list(&[&int(1), b"x"])),
        ("[1, [2]]", list(&[&int(1), &list(&[&int(2)])])),
        ("{}", list(&[])),
        ("{'a': 1}", pairs(&[(b"a", &int(1))])),
        ("{'a': [1]}", pairs(&[(b"a", &list(&[&int(1)]))])),
    ]);
}

#[testkit::scenario]
fn operators_and_functions_are_those_of_the_language() {
    Caller::start().expect(&[
        ("1 + 2 * 3", int(7)),
        ("-7/2", int(-3)),
        ("7 % 3", int(1)),
        ("'a' + 'b' + 'c'", "abc".into()),
        ("b'a' + b'b'", "ab".into()),
        ("[1] + [2]", list(&[&int(1), &int(2)])),
        ("1 == 1.0", flag(true)),
        ("1 == 1u", flag(true)),
        ("1 == 'a'", flag(false)),
        ("'a' == b'a'", flag(false)),
        ("[1] == [1.0]", flag(true)),
        ("{'a': 1} == {'a': 1.0}", flag(true)),
        ("null == null", flag(true)),
        ("1 < 1.5", flag(true)),
        ("1 < 2u", flag(true)),
        ("'a' < 'b'", flag(true)),
        ("b'a' < b'b'", flag(true)),
        ("true < false", flag(false)),
        ("duration('1s') > duration('500ms')", flag(true)),
        ("true ? 1 : nothing", int(1)),
        ("1 || true", flag(true)),
        ("1 && false", flag(false)),
        ("nothing || true", flag(true)),
        ("false && nothing", flag(false)),
        ("1 in [1]", flag(true)),
        ("1 in {1: 2}", flag(true)),
        ("[1][0]", int(1)),
        ("[1][0u]", int(1)),
        ("{1: 1}[1.0]", int(1)),
        ("{'a': 1}.a", int(1)),
        ("has({'a': 1}.b)", flag(false)),
        ("size('äö')", int(2)),
        ("'abc'.size()", int(3)),
        ("size(b'abc') + size([1, 2]) + size({'a': 1})", int(6)),
        ("'abc'.matches('^a.c$')", flag(true)),
        ("matches('abc', 'b')", flag(true)),
        ("contains('abc', 'b') && 'abc'.contains('c')", flag(true)),
        ("startsWith('a', 'b') || 'a'.endsWith('b')", flag(false)),
        ("int('5') + int(1.9) + int(timestamp(5))", int(11)),
        ("double('1.5')", double(1.5)),
        ("string(1.5) + string(true) + string(5)", "1.5true5".into()),
        ("string(timestamp('2020-01-01T00:00:00Z'))", "2020-01-01T00:00:00Z".into()),
        ("string(duration('90s'))", "90s".into()),
        ("bytes('a')", "a".into()),
        ("bool('true')", flag(true)),
        ("dyn(1) == 1", flag(true)),
        ("type(1) == int && type(null) == null_type", flag(true)),
        ("timestamp(1) + duration('1s') == timestamp(2)", flag(true)),
        ("timestamp(2) - timestamp(1)", int(SECOND)),
        ("duration('1h').getMinutes()", int(60)),
        ("timestamp('2020-01-01T00:00:00Z').getHours('Europe/Berlin')", int(1)),
        ("timestamp('2020-01-01T00:00:00Z').getHours('+01:00')", int(1)),
        ("timestamp('2020-02-03T04:05:06Z').getFullYear()", int(2020)),
        ("timestamp('2020-02-03T04:05:06Z').getMonth()", int(1)),
        ("timestamp('2020-02-03T04:05:06Z').getDayOfMonth()", int(2)),
        ("timestamp('2020-02-03T04:05:06Z').getDate()", int(3)),
        ("timestamp('2020-02-03T04:05:06Z').getDayOfWeek()", int(1)),
        ("timestamp('2020-02-03T04:05:06Z').getDayOfYear()", int(33)),
        ("[1, 2, 3].map(x, x * 2)", list(&[&int(2), &int(4), &int(6)])),
        ("[1, 2].map(x, x > 1, x * 2)", list(&[&int(4)])),
        ("[1, 2].filter(x, x > 1)", list(&[&int(2)])),
        ("[1, 2].all(x, x > 0)", flag(true)),
        ("[0, 1].exists(x, 1 / x == 1)", flag(true)),
        ("[1, 2].exists_one(x, x == 1)", flag(true)),
        ("{'a': 1}.all(k, k == 'a')", flag(true)),
        ("[].map(x, x)", list(&[])),
        ("1 // a comment", int(1)),
    ]);
}

#[testkit::scenario]
fn attributes_have_their_types() {
    Caller::start().expect(&[
        ("request.path", "/a/b?q=1".into()),
        (".request.path", "/a/b?q=1".into()),
        ("request['path']", "/a/b?q=1".into()),
        ("request.url_path + request.query", "/a/bq=1".into()),
        ("request.method == 'GET' && request.protocol == 'HTTP/1.1' && request.scheme == 'http'", flag(true)),
        ("request.host == request.headers[':authority']", flag(true)),
        ("request.headers['X-A']", "1".into()),
        ("request.headers['x-m']", "one,two".into()),
        ("'x-a' in request.headers && !(1 in request.headers)", flag(true)),
        ("request.headers.filter(h, h == 'x-a')", list(&[b"x-a"])),
        ("has(request.headers.nothing) || has(request.referer)", flag(false)),
        ("request.headers == request.headers && request == request", flag(true)),
        ("request.time > timestamp('2020-01-01T00:00:00Z')", flag(true)),
        ("request.size + 1", int(1)),
        ("source.port > 0 && source.address.startsWith('127.0.0.1:')", flag(true)),
        ("destination.address.startsWith('127.0.0.1:')", flag(true)),
        ("connection.mtls || connection.id == 0u", flag(false)),
        ("connection_id > 0u", flag(true)),
        ("type(request) == map && size(request) == 0", flag(true)),
        ("request.map(x, x)", list(&[])),
        ("size(response.headers)", int(0)),
        ("response.flags + response.size", int(0)),
        ("xds.route_name", "default".into()),
        ("xds.listener_direction", int(0)),
        ("xds.node.id", "".into()),
        ("plugin_name + plugin_root_id", "caller".into()),
        ("has(source.address) && !has(response.code)", flag(true)),
    ]);
}

#[testkit::scenario]
fn what_goes_wrong_has_a_status() {
    let caller = Caller::start();
    caller.expect_status(
        INTERNAL_FAILURE,
        &[
            "nothing",
            "nothing.x",
            "has(nothing.x)",
            "request.nothing",
            "request.headers.nothing",
            "request.referer",
            "request.headers.nothing == 'x'",
            "request.headers[1]",
            "request[1]",
            "response.code",
            "upstream.address",
            "request.nothing == 'a' || false",
            "true && nothing",
            "nothing ? 1 : 2",
            "1 ? 2 : 3",
            "!1",
            "-'a'",
            "-1u",
            "'a' in 'abc'",
            "[1][1]",
            "1 < 'a'",
            "1 + 1u",
            "1.0 + 1",
            "'a' + 1",
            "1 / 0",
            "7 % 0",
            "1u - 2u",
            "9223372036854775807 + 1",
            "-(-9223372036854775808)",
            "{1: 1, 1: 2}",
            "{1.5: 1}",
            "{[1]: 1}",
            "{}.a",
            "size(1)",
            "int('x')",
            "uint(-1)",
            "bool('x')",
            "duration('x')",
            "timestamp('x')",
            "string(b'\\xff')",
            "'abc'.matches('[')",
            "'a'.contains(1)",
            "x.map(y, y)",
            "1.map(y, y)",
            "'abc'.map(x, x)",
            "[1, 2].exists(x, x / 0 == 1)",
            "xds.nothing",
        ],
    );
    caller.expect_status(
        SERIALIZATION_FAILURE,
        &["null", "[null]", "type(1)", "string", "request", "[request]", "source", "upstream", "xds", "filter_state"],
    );
    for text in [
        "",
        "1 +",
        "[1, 2][1:2]",
        "9223372036854775808",
        "max(1, 2)",
        "nothing(1)",
        "'a'.charAt(0)",
        "optional.of(1)",
        "[1].map(1, 2)",
        "size()",
        "size(1, 2)",
        "x.int()",
        "'a'.lowerAscii()",
        "math.greatest(1, 2)",
        "cel.bind(x, 1, x)",
    ] {
        assert_eq!(caller.call("expr_create", text.into()), (BAD_ARGUMENT, vec![]), "{text}");
    }
}

#[testkit::scenario]
fn tokens_count_up_and_are_forgotten() {
    let caller = Caller::start();
    let outcomes =
        caller.make(&[create("1"), create("1 +"), create("3"), delete(1), evaluate(1), evaluate(0), create("4")]);
    let token = |token: u32| (OK, token.to_le_bytes().to_vec());
    assert_eq!(outcomes[..3], [token(0), (BAD_ARGUMENT, vec![]), token(1)]);
    assert_eq!(outcomes[3..], [(OK, vec![]), (NOT_FOUND, vec![]), (OK, int(1)), token(2)]);
    // They belong to the plugin, not to the request.
    assert_eq!(
        caller.make(&[evaluate(2), evaluate(99), delete(99)]),
        [(OK, int(4)), (NOT_FOUND, vec![]), (OK, vec![])]
    );
    for argument in [&b""[..], b"abc", b"abcde"] {
        assert_eq!(caller.call("expr_evaluate", argument.into()), (BAD_ARGUMENT, vec![]));
        assert_eq!(caller.call("expr_delete", argument.into()), (BAD_ARGUMENT, vec![]));
    }
}

#[testkit::scenario]
fn expressions_see_what_plugins_have_set() {
    let text = ("declare_property", [bytes(1, "text"), number(3, 1)].concat());
    let caller = Caller::configured(&[text]);
    let object = ("set_envoy_filter_state", [bytes(1, "envoy.string"), bytes(2, "v")].concat());
    let before = [set("plain", "1"), set("text", "2"), object];
    let texts = [
        "plain == b'1'",
        "text == '2'",
        "filter_state['wasm.plain'] == b'1'",
        "filter_state['envoy.string'] == b'v'",
        "has(filter_state.nothing)",
    ];
    let values = caller.values_at("/", &before, &texts, &mut 0);
    let expected = [true, true, true, true, false].map(|it| (OK, flag(it)));
    assert_eq!(values, expected);
}

#[testkit::scenario]
fn an_expression_is_evaluated_for_the_callback_that_runs() {
    let caller = Caller::configured(&[create("plugin_name"), evaluate(0), create("request.path"), evaluate(1)]);
    let outcomes = caller.make_at("/c", &[]);
    assert_eq!((&outcomes[1], outcomes[3].0), (&(OK, b"caller".into()), INTERNAL_FAILURE));

    // The tick acts for a request, and still is no callback of it.
    let path = ("get", b"request\0path".to_vec());
    let outcomes = caller.make_at("/t", &[path, evaluate(0), evaluate(1)]);
    assert_eq!(outcomes, [(OK, b"/t".into()), (OK, b"caller".into()), (INTERNAL_FAILURE, vec![])]);

    let texts = ["response.code", "response.headers['x-b']", "response.code_details", "size(response.trailers)"];
    let values = caller.values_at("/r", &[], &texts, &mut 2);
    assert_eq!(values, [int(200), b"2".into(), b"via_upstream".into(), int(0)].map(|value| (OK, value)));
}

#[testkit::scenario]
fn depth_and_turns_are_bounded() {
    let caller = Caller::start();
    let nested = |count: usize, open: &str, middle: &str, close: &str| {
        format!("{}{middle}{}", open.repeat(count), close.repeat(count))
    };
    let goes_wrong = INTERNAL_FAILURE;
    for (most, open, middle, close, status) in [
        (32, "(", "1", ")", OK),
        (31, "[", "1", "]", OK),
        (31, "{1:", "1", "}", OK),
        (31, "size(", "''", ")", goes_wrong),
        (31, "1+", "1", "", OK),
        (31, "true?1:", "1", "", OK),
        (31, "", "request", ".a", goes_wrong),
        (30, "", "[0]", "[0]", goes_wrong),
        (30, "", "[1]", ".map(x,x)", OK),
        (30, "[1].all(x,", "true", ")", OK),
    ] {
        let text = nested(most, open, middle, close);
        let outcomes = caller.make(&[create(&text)]);
        assert_eq!(outcomes[0].0, OK, "{text}");
        let token = u32::from_le_bytes(outcomes[0].1[..].try_into().unwrap());
        assert_eq!(caller.make(&[evaluate(token)])[0].0, status, "{text}");
        for more in [1, 1000] {
            let text = nested(most + more, open, middle, close);
            assert_eq!(caller.call("expr_create", text.clone().into()), (BAD_ARGUMENT, vec![]), "{text}");
        }
    }
    let long = nested(1000, "true&&", "true", "");
    caller.expect(&[(&nested(1000, "!", "true", ""), flag(true)), (&long, flag(true))]);

    let ones = |count: usize| format!("[{}]", vec!["1"; count].join(","));
    let loops = |outer: usize, inner: usize| format!("{}.all(x, {}.all(y, true))", ones(outer), ones(inner));
    caller.expect(&[(&loops(99, 99), flag(true)), (&format!("{}.all(x, true)", ones(8000)), flag(true))]);
    let twice = format!("{} && {0}", loops(90, 90));
    let hidden = format!("{} || true", loops(120, 120));
    caller.expect_status(INTERNAL_FAILURE, &[&loops(100, 100), &twice, &hidden]);
}
