//! Why a machine runs no more, in one line.

use std::fmt;

use wasmtime::WasmBacktrace;

/// Frames told; whoever wants more has the plugin's own panic message in the log.
const FRAMES: usize = 10;

/// Why a machine runs no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crash {
    /// The callback that did not return.
    pub callback: &'static str,
    /// What the guest did, and where, by the names of its functions or else their numbers.
    pub reason: String,
}

impl Crash {
    pub(super) fn new(callback: &'static str, error: &wasmtime::Error) -> Self {
        let backtrace = error.downcast_ref::<WasmBacktrace>();
        let place = backtrace.map(ToString::to_string);
        let causes: Vec<String> =
            error.chain().map(ToString::to_string).filter(|text| Some(text) != place.as_ref()).collect();
        let mut reason = causes.join(": ");
        for (number, frame) in backtrace.into_iter().flat_map(WasmBacktrace::frames).take(FRAMES).enumerate() {
            reason.push_str(if number == 0 { ", in " } else { ", called by " });
            match frame.func_name() {
                Some(name) => reason.push_str(name),
                None => reason.push_str(&format!("function {}", frame.func_index())),
            }
        }
        Self { callback, reason }
    }
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the plugin crashed in {}: {}", self.callback, self.reason)
    }
}
