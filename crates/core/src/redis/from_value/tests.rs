use super::*;
use crate::redis::ErrorReply;

fn text(text: &str) -> Value {
    Value::Bytes(text.as_bytes().to_vec())
}

fn list(values: impl IntoIterator<Item = Value>) -> Value {
    Value::List(values.into_iter().collect())
}

#[test]
fn each_type_reads_what_belongs_to_it() {
    assert_eq!(Value::Int(7).read(), Ok(7_i64));
    assert_eq!(text("-7").read(), Ok(-7_i64));
    assert_eq!(text("1.5").read(), Ok(1.5));
    assert_eq!(Value::Int(3).read(), Ok(3.0));
    assert_eq!(text("OK").read(), Ok(()));
    assert_eq!((Value::Int(0).read(), Value::Int(1).read()), (Ok(false), Ok(true)));
    assert_eq!(text("é").read(), Ok("é".to_owned()));
    assert_eq!(text("ab").read(), Ok(b"ab".to_vec()));
    assert_eq!(Value::Null.read::<Option<i64>>(), Ok(None));
    assert_eq!(Value::Int(1).read(), Ok(Some(1_u32)));
    assert_eq!(list([text("a"), Value::Null]).read(), Ok(vec![Some("a".to_owned()), None]));
    assert_eq!(list([Value::Int(1), text("b"), list([])]).read(), Ok((1_i64, "b".to_owned(), Vec::<i64>::new())));
    let Pairs(pairs) = list([text("a"), text("1"), text("b"), text("2")]).read().unwrap();
    assert_eq!(pairs, [(b"a".to_vec(), b"1".to_vec()), (b"b".to_vec(), b"2".to_vec())]);
}

#[test]
fn another_type_is_an_error_and_never_a_zero() {
    macro_rules! fails {
        ($($value:expr => $kind:ty, $expected:literal, $found:literal;)*) => {
            $(
                let error = $value.read::<$kind>().map(drop).unwrap_err();
                assert_eq!((error.expected(), error.found()), ($expected, $found), "{:?}", $value);
            )*
        };
    }
    fails! {
        Value::Null => i64, "a whole number", "null";
        text("") => i64, "a whole number", "a text";
        text("5x") => i64, "a whole number", "a text";
        text("1.0") => i64, "a whole number", "a text";
        list([]) => i64, "a whole number", "a list";
        Value::Int(-1) => u64, "a whole number from 0", "a whole number";
        Value::Int(1 << 40) => u32, "a whole number from 0 to 4294967295", "a whole number";
        Value::Int(2) => bool, "0 or 1", "a whole number";
        text("1") => bool, "0 or 1", "a text";
        text("PONG") => (), "`OK`", "a text";
        Value::Null => (), "`OK`", "null";
        Value::Int(1) => Vec<u8>, "a text", "a whole number";
        Value::Int(1) => String, "a text", "a whole number";
        Value::Bytes(vec![0xff]) => String, "a text in UTF-8", "a text";
        text("a") => Vec<i64>, "a list", "a text";
        Value::Null => Vec<i64>, "a list", "null";
        list([Value::Int(1), Value::Null]) => Vec<i64>, "a whole number", "null";
        list([Value::Int(1)]) => (i64, i64), "a list of 2", "a list";
        list([Value::Int(1), text("x"), Value::Int(3)]) => (i64, i64), "a list of 2", "a list";
        list([Value::Error(ErrorReply::new("ERR x"))]) => Vec<i64>, "a whole number", "an error";
        list([text("a"), text("b"), text("c")]) => Pairs, "a list of pairs", "a list";
    }
    assert_eq!(text("x").read::<f64>().unwrap_err().to_string(), "found a text, expected a number");
}
