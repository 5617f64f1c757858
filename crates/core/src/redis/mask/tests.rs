use super::*;

#[test]
fn what_a_command_sent_is_masked() {
    let command = Command::new("SET").arg("user:4711").arg("s3cr3t").arg("EX").arg("12");
    for (text, shown) in [
        ("ERR syntax error", "ERR syntax error"),
        ("ERR near 's3cr3t' of user:4711", "ERR near '***' of ***"),
        ("ERR value 12 of EX", "ERR value 12 of EX"),
        ("ERR unknown command 'SETT', with args beginning with: 'user:4711' 's3'", "ERR unknown command 'SETT'"),
        ("ERR two\r\nlines", "ERR two  lines"),
    ] {
        assert_eq!(masked(text, &command), shown);
    }
}

#[test]
fn an_argument_that_is_part_of_another_leaves_no_rest() {
    let command = Command::new("GET").arg("token").arg("token-of-ann").arg("a\nb c");
    assert_eq!(masked("ERR token-of-ann and token, a b c", &command), "ERR *** and ***, ***");
}

#[test]
fn a_long_text_is_cut() {
    let text = format!("ERR {}", "é".repeat(1000));
    let shown = masked(&text, &Command::new("GET"));
    assert_eq!(shown.chars().count(), LONGEST_TEXT + 3);
    assert!(shown.ends_with("é..."));
}
