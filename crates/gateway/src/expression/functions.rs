//! The functions of expressions: those that Envoy has, and no other.

use std::sync::{Arc, LazyLock};

use cel::common::types::{CelBool, CelString, DYN_TYPE, STRING_TYPE};
use cel::common::value::CowVal;
use cel::{Env, ExecutionError};
use regex::RegexBuilder;

use super::meter;

/// Bytes of a regular expression. What becomes of it while it is read, a class of letters for example, may take
/// thousands of times as many, and milliseconds each.
const MOST_PATTERN: usize = 256;
/// Bytes of a compiled regular expression, and of a text that is held against it. The worst takes a second for the
/// product of both, and nothing can stop it.
const MOST_REGEX: usize = 128 * 1024;
const MOST_TEXT: usize = 128 * 1024;

/// Which functions there are; the macros are the parser's.
pub(super) static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::default().with_optional_support(false).with_stdlib();
    let ours = [
        env.add_member_overload("matches", "matches_string", STRING_TYPE, vec![STRING_TYPE], matches),
        env.add_overload(meter::WEIGH, "weigh", vec![DYN_TYPE, DYN_TYPE], meter::weigh),
        env.add_overload(meter::TURN, "turn", vec![DYN_TYPE], meter::turn),
    ];
    debug_assert!(ours.iter().all(Result::is_ok), "{ours:?}");
    Arc::new(env)
});

/// Whether Envoy has a function of this name with so many arguments, after a value and a dot or alone.
pub(super) fn is_known(name: &str, member: bool, arguments: usize) -> bool {
    match name {
        "size" => arguments == usize::from(!member),
        "bool" | "bytes" | "double" | "duration" | "dyn" | "int" | "string" | "timestamp" | "type" | "uint" => {
            !member && arguments == 1
        }
        "contains" | "endsWith" | "matches" | "startsWith" => arguments == if member { 1 } else { 2 },
        "getDate" | "getDayOfMonth" | "getDayOfWeek" | "getDayOfYear" | "getFullYear" | "getHours"
        | "getMilliseconds" | "getMinutes" | "getMonth" | "getSeconds" => member && arguments <= 1,
        _ => false,
    }
}

/// Whether some part of a text fits a regular expression.
fn matches<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let texts: Vec<_> = arguments.iter().filter_map(|it| it.downcast_ref::<CelString>()).collect();
    let [text, pattern] = texts.as_slice() else { return Err(ExecutionError::MissingArgumentOrTarget) };
    if text.inner().len() > MOST_TEXT {
        return Err(ExecutionError::function_error("matches", "the text is too long for a regular expression"));
    }
    if pattern.inner().len() > MOST_PATTERN {
        return Err(ExecutionError::function_error("matches", "the regular expression is too long"));
    }
    let regex = RegexBuilder::new(pattern.inner()).size_limit(MOST_REGEX).build();
    let regex = regex.map_err(|_| ExecutionError::function_error("matches", "no regular expression, or too large"))?;
    Ok(CowVal::owned(CelBool::from(regex.is_match(text.inner()))))
}
