//! What templates read and write.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use super::{Encoding, Inputs, Source, Template};
use plugin_core::HeaderName;
use plugin_core::testing::FakeHost;

fn template(text: &str) -> Template {
    Template::try_from(text.to_owned()).unwrap()
}

fn filled(text: &str, value: &str, encoding: Encoding) -> String {
    let mut inputs = Inputs::default();
    inputs.add_step("a", "b", value.into());
    let mut out = Vec::new();
    template(text).fill(&inputs, encoding, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn what_is_filled_in_stays_in_its_place() {
    let value = "a b&c=\"d\\\n/é?";
    assert_eq!(filled("/x?y=${step.a.b}&z", value, Encoding::Percent), "/x?y=a%20b%26c%3D%22d%5C%0A%2F%C3%A9%3F&z");
    assert_eq!(filled("\"${step.a.b}\"", value, Encoding::Json), "\"a b&c=\\\"d\\\\\\u000A/é?\"");
    assert_eq!(filled("<${step.a.b}>", value, Encoding::None), format!("<{value}>"));
    assert_eq!(filled("<${step.a.unknown}>", value, Encoding::None), "<>");
}

#[test]
fn dollars_are_plain_unless_a_brace_follows() {
    assert_eq!(template("a$b $ $$ $").as_constant(), Some("a$b $ $$ $"));
    assert_eq!(template("a$${b}").as_constant(), Some("a${b}"));
    assert_eq!(template("").as_constant(), Some(""));
    assert_eq!(template("${request.path}").as_constant(), None);
}

#[test]
fn every_source_is_known_by_its_name() {
    let all = "${request.method}${request.path}${request.host}${request.header.X-A}${request.query.q.r}\
               ${request.cookie.c}${step.a.b}";
    let header = HeaderName::from_static("x-a");
    let expected = [
        Source::Method,
        Source::Path,
        Source::Host,
        Source::Header(header),
        Source::Query("q.r".to_owned()),
        Source::Cookie("c".to_owned()),
        Source::Step("a".to_owned(), "b".to_owned()),
    ];
    assert!(template(all).sources().eq(&expected));
}

#[test]
fn the_environment_is_filled_in_at_once() {
    FakeHost::install().set_environment(&[("SECRET", "s3cret ${request.path}")]);
    assert_eq!(template("<${env.SECRET}>").as_constant(), Some("<s3cret ${request.path}>"));
}

#[test]
fn faults_name_the_place_and_nothing_else() {
    FakeHost::install();
    for (text, fault) in [
        ("secret ${request.body} secret", "nothing is known as `${request.body}`; known are `request.method`"),
        ("secret ${", "`${` without `}`"),
        ("secret ${env.NO_SUCH_VARIABLE} secret", "the VM has no variable `NO_SUCH_VARIABLE`; give it in"),
        ("${request.header.a b}", "nothing is known as `${request.header.a b}`"),
    ] {
        let found = Template::try_from(text.to_owned()).unwrap_err();
        assert!(found.starts_with(fault) && !found.contains("secret"), "{found}");
    }
}

#[test]
fn keys_of_different_values_differ() {
    let key = |values: [&str; 2]| {
        let mut inputs = Inputs::default();
        values.iter().for_each(|value| inputs.add_step("s", "v", value.as_bytes().to_vec()));
        inputs.key()
    };
    assert_ne!(key(["ab", "c"]), key(["a", "bc"]));
    assert_ne!(key(["", "a"]), key(["a", ""]));
}
