use super::*;
use proptest::prelude::*;

/// The published crate. Its words know all letters of Unicode, those of RE2 and ours do not.
fn published(source: &str) -> Option<regex::Regex> {
    regex::Regex::new(&source.replace("\\b", "(?-u:\\b)")).ok()
}

#[test]
fn expressions_find_what_they_should() {
    for (source, yes, no) in [
        ("", &["", "a"][..], &[][..]),
        ("^a.*", &["a", "abc"], &["", "ba"]),
        ("^d.*", &["dog"], &["a dog"]),
        ("a|b|^c$", &["xa", "b", "c"], &["cc", ""]),
        ("^(?:GET|POST)$", &["GET", "POST"], &["GETS", "get"]),
        ("(?i)^get$", &["GET", "gEt"], &["put"]),
        ("^(?i:a)b$", &["Ab", "ab"], &["aB"]),
        ("^[a-c0-9_-]+$", &["a-b_9", "c"], &["d", "A", ""]),
        ("^[^a-c]$", &["d", "中"], &["a", ""]),
        ("^[]a]$", &["]", "a"], &["b"]),
        ("^[a\\]\\-]$", &["]", "-"], &["\\"]),
        ("^\\d{3}-\\d{2,}$", &["123-45", "123-456"], &["12-45", "123-4"]),
        ("^a{2,3}$", &["aa", "aaa"], &["a", "aaaa"]),
        ("^a{,3}$", &["a{,3}"], &["a"]),
        ("^(ab)?c*?d+$", &["abccd", "dd"], &["abc"]),
        ("\\bteam\\b", &["a team b", "team"], &["steam"]),
        ("^\\x41\\x{4e2d}\\.$", &["A中."], &["A中x"]),
        ("^(?P<first>a)(?<second>b)$", &["ab"], &["a"]),
        ("^.$", &["中", "a"], &["\n", "ab"]),
        ("(?s)^.$", &["\n"], &[""]),
        ("(a*)*$", &["", "b"], &[]),
        ("^(a|)+b$", &["b", "aab"], &["c"]),
        ("^[0-9a-f]{8}-[0-9a-f]{4}$", &["9a342114-ba8a"], &["9a342114-ba8"]),
    ] {
        let regex = Regex::new(source).unwrap_or_else(|error| panic!("{source}: {error}"));
        for text in yes {
            assert!(regex.is_match(text), "{source} in {text:?}");
        }
        for text in no {
            assert!(!regex.is_match(text), "{source} not in {text:?}");
        }
    }
}

#[test]
fn what_is_no_expression_is_refused() {
    for (source, why) in [
        ("(", "without its `)`"),
        (")", "without its `(`"),
        ("[a", "without its `]`"),
        ("[b-a]", "later letter"),
        ("*", "nothing to repeat"),
        ("a**", "repetition of a repetition"),
        ("a{2}{3}", "repetition of a repetition"),
        ("a{1001}", "up to 1000"),
        ("a{3,2}", "lower number first"),
        ("\\", "at the end"),
        ("\\p{Han}", "Unicode"),
        ("[[:alpha:]]", "not known here"),
        ("(?m)a", "only the flags"),
        ("(?=a)", "only the flags"),
        ("\\1", "not known"),
        ("((a{99}){99}){99}", "too large"),
        ("\\x{110000}", "behind `\\x`"),
    ] {
        let error = Regex::new(source).err().unwrap_or_else(|| panic!("{source} is accepted"));
        assert!(error.contains(why), "{source}: {error}");
    }
    let deep = format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000));
    assert!(Regex::new(&deep).is_err());
}

/// What takes a backtracking matcher longer than the universe exists.
#[test]
fn no_text_takes_long() {
    let regex = Regex::new("^(a|a)*(a*)*(a|aa)+$").unwrap();
    assert!(!regex.is_match(&format!("{}b", "a".repeat(20_000))));
}

fn source() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-d]",
        Just(".".to_owned()),
        Just("\\d".to_owned()),
        Just("\\b".to_owned()),
        Just("^".to_owned()),
        Just("$".to_owned()),
        Just("[^ab]".to_owned()),
        Just("[a-c1]".to_owned()),
        Just("中".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|all| all.concat()),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join("|"))),
            (
                inner.clone(),
                prop_oneof![
                    "\\*",
                    "\\+",
                    "\\?",
                    Just("{2}".to_owned()),
                    Just("{1,3}".to_owned()),
                    Just("{2,}".to_owned()),
                    "\\*\\?"
                ]
            )
                .prop_map(|(inner, times)| format!("(?:{inner}){times}")),
            inner.prop_map(|inner| format!("(?i:{inner})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// The published crate finds the same.
    #[test]
    fn it_agrees_with_the_published_crate(source in source(), texts in prop::collection::vec("[a-dA-D1 中\n]{0,8}", 1..6)) {
        let Some(published) = published(&source) else { return Ok(()) };
        let regex = Regex::new(&source).map_err(|error| TestCaseError::fail(format!("{source}: {error}")))?;
        for text in texts {
            prop_assert_eq!(regex.is_match(&text), published.is_match(&text), "{} in {:?}", source, text);
        }
    }

    #[test]
    fn nothing_makes_it_panic(source in ".{0,40}", text in ".{0,40}") {
        if let Ok(regex) = Regex::new(&source) {
            regex.is_match(&text);
        }
    }
}
