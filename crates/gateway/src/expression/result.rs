//! What comes of an expression, as plugins read it.

use cel::ExecutionError;
use cel::common::types::{
    CelBool, CelBytes, CelDouble, CelDuration, CelInt, CelList, CelMap, CelString, CelTimestamp, CelUInt,
};
use cel::common::value::Val;

use super::headers::HeaderMap;
use crate::pairs;

/// The bytes of a value, in the form of attributes; a list is pairs whose second part is empty. `None` where a plugin
/// could not read it: null, types, groups of attributes, and what holds one of these.
pub(super) fn encode(value: &dyn Val) -> Option<Vec<u8>> {
    if let Some(text) = value.downcast_ref::<CelString>() {
        Some(text.inner().as_bytes().to_vec())
    } else if let Some(bytes) = value.downcast_ref::<CelBytes>() {
        Some(bytes.inner().to_vec())
    } else if let Some(number) = value.downcast_ref::<CelInt>() {
        Some(number.inner().to_le_bytes().to_vec())
    } else if let Some(number) = value.downcast_ref::<CelUInt>() {
        Some(number.inner().to_le_bytes().to_vec())
    } else if let Some(number) = value.downcast_ref::<CelDouble>() {
        Some(number.inner().to_le_bytes().to_vec())
    } else if let Some(flag) = value.downcast_ref::<CelBool>() {
        Some(vec![u8::from(*flag.inner())])
    } else if let Some(time) = value.downcast_ref::<CelTimestamp>() {
        let time = time.inner();
        Some(nanoseconds(time.timestamp_nanos_opt(), time.timestamp() < 0))
    } else if let Some(span) = value.downcast_ref::<CelDuration>() {
        let span = span.inner();
        Some(nanoseconds(span.num_nanoseconds(), span.num_seconds() < 0))
    } else if let Some(headers) = value.downcast_ref::<HeaderMap>() {
        Some(pairs::encode(headers.iter()))
    } else if let Some(list) = value.downcast_ref::<CelList>() {
        let elements: Option<Vec<_>> = list.inner().iter().map(|it| encode(it.as_ref())).collect();
        Some(pairs::encode(elements?.iter().map(|it| (it.as_slice(), &b""[..]))))
    } else if let Some(map) = value.downcast_ref::<CelMap>() {
        let entries = map.inner().iter().map(|(key, it)| Some((encode(key.inner())?, encode(it.as_ref())?)));
        let entries: Option<Vec<_>> = entries.collect();
        Some(pairs::encode(entries?.iter().map(|(key, it)| (key.as_slice(), it.as_slice()))))
    } else {
        None
    }
}

/// What does not fit is as far away as can be said.
fn nanoseconds(exact: Option<i64>, before: bool) -> Vec<u8> {
    exact.unwrap_or(if before { i64::MIN } else { i64::MAX }).to_le_bytes().to_vec()
}

/// What went wrong, without values: they may be a secret.
pub(super) fn told(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(what) if matches!(what.as_str(), "header" | "attribute") => {
            format!("there is no {what} of that name")
        }
        ExecutionError::NoSuchKey(_) => "there is nothing under that key".to_owned(),
        ExecutionError::UndeclaredReference(name) => format!("there is no attribute {name:?} now"),
        ExecutionError::NoSuchOverload(overload) => overload.to_string(),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => "division by zero".to_owned(),
        ExecutionError::Overflow(..) => "a number that is too large".to_owned(),
        ExecutionError::IndexOutOfBounds(_) => "an index outside of its list".to_owned(),
        ExecutionError::InternalError(text) => text.clone(),
        ExecutionError::FunctionError { function, message } if function == "matches" => message.clone(),
        _ => "values of types that do not go together, or a text that is no number, time or pattern".to_owned(),
    }
}
