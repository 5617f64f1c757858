use super::*;

#[test]
fn commands_that_want_a_connection_of_their_own_are_refused() {
    for name in ["SELECT", "select", "Multi", "SUBSCRIBE", "BLPOP", "AUTH", "HELLO", "CLIENT", "WAIT"] {
        let error = check(&Command::new(name).arg("1")).unwrap_err();
        assert!(
            error.starts_with(&format!("{} changes the connection or waits in it", name.to_uppercase())),
            "{error}"
        );
    }
    assert!(check(&Command::new("XREAD").args(["BLOCK", "0", "STREAMS", "s", "$"])).is_err());
    assert_eq!(check(&Command::empty()), Err("an empty command for Redis".to_owned()));
}

#[test]
fn all_others_go() {
    for name in ["GET", "EVAL", "PUBLISH", "PING", "XADD", "SELECTED", ""] {
        assert_eq!(check(&Command::new(name).arg("select")), Ok(()), "{name}");
    }
    assert_eq!(check(&Command::new("XREAD").args(["STREAMS", "s", "0"])), Ok(()));
}

#[test]
fn the_list_is_in_order() {
    assert!(REFUSED.is_sorted());
}
