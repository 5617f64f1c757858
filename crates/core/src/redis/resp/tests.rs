use super::*;
use proptest::prelude::*;

fn bytes(text: &str) -> Value {
    Value::Bytes(text.as_bytes().to_vec())
}

#[test]
fn each_kind_of_reply() {
    let error = |text| Value::Error(ErrorReply::new(text));
    for (reply, value) in [
        ("+OK\r\n", bytes("OK")),
        ("+\r\n", bytes("")),
        ("-ERR no\r\n", error("ERR no")),
        (":0\r\n", Value::Int(0)),
        (":-9223372036854775808\r\n", Value::Int(i64::MIN)),
        (":+5\r\n", Value::Int(5)),
        ("$5\r\na\r\nbc\r\n", bytes("a\r\nbc")),
        ("$0\r\n\r\n", bytes("")),
        ("$-1\r\n", Value::Null),
        ("*-1\r\n", Value::Null),
        ("*0\r\n", Value::List(vec![])),
        ("*2\r\n:1\r\n*1\r\n$1\r\na\r\n", Value::List(vec![Value::Int(1), Value::List(vec![bytes("a")])])),
        ("*3\r\n$-1\r\n-WRONGTYPE x\r\n+y\r\n", Value::List(vec![Value::Null, error("WRONGTYPE x"), bytes("y")])),
    ] {
        assert_eq!(decode(reply.as_bytes()), Ok(value), "{reply:?}");
    }
}

#[test]
fn what_is_no_reply() {
    for reply in [
        "OK\r\n",
        "\r\n",
        " :1\r\n",
        ":\r\n",
        ":1.5\r\n",
        ":one\r\n",
        ":9223372036854775808\r\n",
        "$x\r\n",
        "$-2\r\n",
        "*x\r\n",
        "*-2\r\n",
        "*\r\n",
        "*1\n:1\r\n",
        "*1 \r\n:1\r\n",
        "$1\r\nabc",
        "$1\r\na\n\r",
        "+a\rb\r\n",
        "+a\nb\r\n",
        "-a\rb\r\n",
        "%0\r\n",
        "_\r\n",
        "#t\r\n",
        ",1.5\r\n",
        "HTTP/1.1 400 Bad Request\r\n",
        "*99999999999999999999\r\n",
        "*1\r\n\r\n",
    ] {
        assert_eq!(decode(reply.as_bytes()), Err(Fault::Malformed), "{reply:?}");
    }
}

#[test]
fn text_that_is_no_utf8() {
    assert_eq!(decode(b"$2\r\n\xff\xfe\r\n"), Ok(Value::Bytes(vec![0xff, 0xfe])));
    assert_eq!(decode(b"+\xff\r\n"), Ok(Value::Bytes(vec![0xff])));
    assert_eq!(decode(b"-ERR \xff\r\n"), Ok(Value::Error(ErrorReply::new("ERR \u{fffd}"))));
    assert_eq!(decode(b":\xff\r\n"), Err(Fault::Malformed));
    assert_eq!(decode(b"*\xff\r\n"), Err(Fault::Malformed));
}

#[test]
fn lengths_are_not_believed() {
    for reply in ["*1000000000\r\n", "*2147483647\r\n:1\r\n", "$1000000000\r\nabc\r\n"] {
        assert_eq!(decode(reply.as_bytes()), Err(Fault::CutShort), "{reply:?}");
    }
}

#[test]
fn lists_are_as_deep_as_allowed_and_no_deeper() {
    let nested = |depth: usize| format!("{}:1\r\n", "*1\r\n".repeat(depth));
    assert!(decode(nested(MAX_DEPTH).as_bytes()).is_ok());
    assert_eq!(decode(nested(MAX_DEPTH + 1).as_bytes()), Err(Fault::TooDeep));
    assert_eq!(decode(nested(1_000_000).as_bytes()), Err(Fault::TooDeep));
}

#[test]
fn a_reply_split_at_every_byte_is_cut_short_until_it_is_whole() {
    let values = [
        Value::Null,
        Value::Int(-120),
        bytes("a\r\nb"),
        Value::Error(ErrorReply::new("MOVED 3999 127.0.0.1:6381")),
        Value::List(vec![Value::List(vec![]), bytes(""), Value::List(vec![Value::Null, Value::Int(7)])]),
    ];
    for value in values {
        let mut whole = Vec::new();
        encode(&value, &mut whole);
        for end in 0..whole.len() {
            assert_eq!(decode(&whole[..end]), Err(Fault::CutShort), "{value:?} up to byte {end}");
        }
        assert_eq!(decode(&whole), Ok(value));
        for more in [&b"\r"[..], b"+", b":1\r\n", b"\0"] {
            assert_eq!(decode(&[&whole, more].concat()), Err(Fault::Surplus));
        }
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let single = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::Int),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
        "[A-Z]{1,8}( [ -~äé]{0,20})?".prop_map(|text| Value::Error(ErrorReply::new(text))),
    ];
    single.prop_recursive(4, 40, 6, |inner| prop::collection::vec(inner, 0..6).prop_map(Value::List))
}

proptest! {
    #[test]
    fn what_was_written_is_read(value in any_value()) {
        let mut reply = Vec::new();
        encode(&value, &mut reply);
        for end in 0..reply.len() {
            prop_assert_eq!(decode(&reply[..end]), Err(Fault::CutShort));
        }
        prop_assert_eq!(decode(&reply), Ok(value));
    }

    #[test]
    fn no_bytes_make_it_panic(reply in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&reply);
    }

    #[test]
    fn no_nearly_right_bytes_make_it_panic(reply in "([+\\-:$*][0-9a-]{0,3}(\r\n|\r|\n)?){0,20}") {
        let _ = decode(reply.as_bytes());
    }

    #[test]
    fn one_changed_byte_never_makes_more_of_it(value in any_value(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut reply = Vec::new();
        encode(&value, &mut reply);
        let at = at.index(reply.len());
        reply[at] = byte;
        if let Ok(read) = decode(&reply) {
            let mut again = Vec::new();
            encode(&read, &mut again);
            prop_assert!(again.len() <= reply.len() + 8, "{:?}", read);
        }
    }
}
