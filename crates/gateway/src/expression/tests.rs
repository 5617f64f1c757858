//! What hostile texts take of the host.

use super::*;

const PATIENCE: Duration = Duration::from_secs(60);

fn evaluated(text: &str) -> Result<Vec<u8>, Failure> {
    let expression = Expression::read(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    expression.evaluate(&|_| None, PATIENCE)
}

/// Why an evaluation was given up.
fn given_up(text: &str) -> String {
    match evaluated(text).unwrap_err() {
        Failure::Evaluation(error) => error,
        Failure::Shape => panic!("{text} has a value"),
    }
}

fn nested(count: usize, open: &str, middle: &str, close: &str) -> String {
    format!("{}{middle}{}", open.repeat(count), close.repeat(count))
}

#[test]
fn deep_expressions_fit_on_what_a_guest_leaves_of_the_stack() {
    for depth in [3, 31] {
        let texts = [
            nested(depth, "[", "1", "]"),
            nested(depth, "{1:", "1", "}"),
            nested(depth, "1+", "1", ""),
            nested(depth, "true?1:", "1", ""),
            nested(depth - 1, "", "[1]", ".map(x,x)"),
            nested(depth - 1, "[1].all(x,", "true", ")"),
            nested(2000, "true&&", "true", ""),
        ];
        for text in texts {
            let small = std::thread::Builder::new().stack_size(512 * 1024);
            small.spawn(move || evaluated(&text).unwrap()).unwrap().join().unwrap();
        }
    }
}

#[test]
fn values_that_grow_without_end_are_given_up() {
    let doubling = nested(26, "", "['0123456789abcdef']", ".map(x,x+x)");
    assert!(given_up(&doubling).contains("64 MiB"));
    let lists = nested(26, "", "['0123456789abcdef']", ".map(x,[x,x,x])");
    assert!(given_up(&lists).contains("64 MiB"));
    assert!(given_up(&format!("{doubling} == [] || true")).contains("64 MiB"), "nor does it help to hide it");
}

#[test]
fn many_turns_with_much_work_are_given_up() {
    let many = format!("[{}]", vec!["'0123456789abcdef'"; 300].join(","));
    let error = given_up(&format!("[{many}].all(l, {many}.all(x, l.all(y, y in l && l == l)))"));
    assert!(error.contains("64 MiB") || error.contains("10000"), "{error}");
    let text = "[1, 2, 3].all(x, true)";
    let error = Expression::read(text).unwrap().evaluate(&|_| None, Duration::ZERO).unwrap_err();
    assert!(matches!(error, Failure::Evaluation(text) if text.contains("too long")));
}

#[test]
fn regular_expressions_are_bounded() {
    let error = given_up("'a'.matches('(((a{100}){100}){100}){100}')");
    assert!(!error.contains("'a'"), "{error}");
    let long = nested(14, "", "['0123456789abcdef']", ".map(x,x+x)");
    assert!(given_up(&format!("{long}.all(x, x.matches('a'))")).contains("too long"));
    assert_eq!(evaluated("'aab'.matches('(a|b)*b$')").unwrap(), [1]);
}

#[test]
fn texts_of_all_kinds_are_read_or_refused() {
    let pieces = [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ".",
        "?",
        ":",
        "+",
        "-",
        "!",
        "&&",
        "||",
        "==",
        "in",
        "x",
        "1",
        "1u",
        "'a'",
        "b'\\x'",
        "'",
        "\"\"\"",
        "r'",
        "has(",
        ".map(",
        ".all(",
        "0x",
        "1e",
        "\u{0}",
        "ä",
        "`",
        "//",
        "\n",
        "null",
        "@",
        "$",
        "google.protobuf.Any{",
    ];
    // The same each time: a walk with steps that fit no pattern.
    let mut state = 1_u64;
    for round in 0..400 {
        let mut text = String::new();
        for _ in 0..round % 40 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
        }
        let unfit = match Expression::read(&text).map(|it| it.evaluate(&|_| None, PATIENCE)) {
            Ok(Err(Failure::Evaluation(error))) | Err(error) => error,
            Ok(_) => String::new(),
        };
        // That is how a panic of the library shows.
        assert!(!unfit.contains("has failed"), "{text:?}: {unfit}");
    }
    assert!(Expression::read(&" ".repeat(MOST_BYTES + 1)).unwrap_err().contains("bytes"));
}

#[test]
fn what_cannot_be_read_is_told_in_a_line_that_quotes_nothing() {
    for text in ["#".repeat(MOST_BYTES), "request.headers['x-key'] == 's3cret' +".to_owned()] {
        let error = Expression::read(&text).unwrap_err();
        assert!(error.starts_with("it cannot be read from line 1 column"), "{error:.200}");
        assert!(error.len() < 100 && !error.contains("s3cret"), "{error:.200}");
    }
    let error = given_up("{'a': 1}['s3' + 'cret']");
    assert!(!error.contains("s3cret"), "{error}");
}

#[test]
fn the_longest_chains_are_refused_and_not_run_into_the_ground() {
    for (head, link, links) in [("1", "+1", 8191), ("a", ".a", 8190), ("a", "[0]", 5400), ("", "(", 16384)] {
        assert!(Expression::read(&format!("{head}{}", link.repeat(links))).is_err(), "{link}");
    }
}

#[test]
fn groups_weigh_what_they_hold() {
    let large = |path: &[&[u8]]| match path {
        [b"request"] => Some(Attribute::Group),
        [b"request", b"path"] => Some(Attribute::Text(vec![b'x'; 1 << 20])),
        _ => None,
    };
    let expression =
        Expression::read("size(['path'] + [1,2,3,4,5,6,7,8,9,10].map(x, [1,2,3,4,5,6,7,8,9,10].map(y, request)))");
    let Err(Failure::Evaluation(error)) = expression.unwrap().evaluate(&large, PATIENCE) else { panic!("too large") };
    assert!(error.contains("64 MiB"), "{error}");
}

#[test]
fn long_patterns_are_refused_before_they_are_read() {
    let pattern = format!("(?i){}", "[\\\\w\\\\W]".repeat(1000));
    assert!(given_up(&format!("'a'.matches('{pattern}')")).contains("too long"));
}
