use super::*;
use proptest::prelude::*;
use redis_protocol::resp2::decode::decode;
use redis_protocol::resp2::types::OwnedFrame;

fn text(command: &Command) -> String {
    String::from_utf8(command.encode()).unwrap()
}

#[test]
fn is_an_array_of_bulk_strings() {
    let command = Command::new("set").arg("key").arg(String::from("é")).arg("px").arg(60_u64);
    assert_eq!(text(&command), "*5\r\n$3\r\nset\r\n$3\r\nkey\r\n$2\r\né\r\n$2\r\npx\r\n$2\r\n60\r\n");
}

#[test]
fn takes_what_can_be_an_argument() {
    let command =
        Command::new("x").arg(-1).arg(1.5).arg(0.1 + 0.2).arg(b"bytes").arg(vec![0_u8]).arg([1_u8].as_slice());
    let parts: Vec<&[u8]> = command.parts().collect();
    assert_eq!(parts, [&b"x"[..], b"-1", b"1.5", b"0.30000000000000004", b"bytes", &[0], &[1]]);
    let several = Command::new("x").args(()).args(["a", "b"]).args(vec![1, 2]).args(("k", 5, 1.0)).args(&["c"][..]);
    let parts: Vec<&[u8]> = several.parts().collect();
    assert_eq!(parts, [&b"x"[..], b"a", b"b", b"1", b"2", b"k", b"5", b"1", b"c"]);
}

#[test]
fn shows_its_name_and_no_more() {
    let command = Command::new("set").arg("key").arg("secret");
    assert_eq!(format!("{command:?}"), "Command(SET with 2 arguments)");
    for strange in ["a b", "x\r\n", "", "averyveryverylongnameofacommand"] {
        let name = Command::new(strange).name();
        assert!(name == "the command" || name.is_empty(), "{name}");
    }
}

proptest! {
    #[test]
    fn is_read_back_as_it_was_written(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..8)) {
        let command = Command::empty().args(&parts);
        prop_assert_eq!(command.parts().collect::<Vec<_>>(), parts.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let bytes = command.encode();
        let frame = OwnedFrame::Array(parts.into_iter().map(OwnedFrame::BulkString).collect());
        prop_assert_eq!(decode(&bytes).unwrap(), Some((frame, bytes.len())));
    }
}
