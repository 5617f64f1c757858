//! The numbers that a guest returns from its phases, and what a gateway makes of them.

/// What happens to headers after the plugin saw them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderStatus {
    Continue,
    /// Headers stay, the body still comes to this plugin.
    StopIteration,
    /// Nothing comes; a body beyond the limit is refused.
    StopAllAndBuffer,
    /// Nothing comes; a full buffer stops the sender.
    StopAllAndWatermark,
}

impl HeaderStatus {
    /// `headers_alone`: "stop iteration" holds the headers and lets the body come, instead of stopping everything.
    /// State 2 is not mapped by gateways: it continues.
    pub(crate) fn from_guest(number: u32, headers_alone: bool) -> Self {
        match number {
            0 | 2 => Self::Continue,
            1 if headers_alone => Self::StopIteration,
            3 => Self::StopAllAndBuffer,
            _ => Self::StopAllAndWatermark,
        }
    }
}

/// What happens to a piece of body after the plugin saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DataStatus {
    Continue,
    /// Keep it; beyond the limit the body is refused.
    StopAndBuffer,
    /// Keep it; a full buffer stops the sender.
    StopAndWatermark,
    /// Drop it.
    StopNoBuffer,
}

impl DataStatus {
    pub(crate) fn from_guest(number: u32) -> Self {
        match number {
            0 => Self::Continue,
            1 => Self::StopAndBuffer,
            2 => Self::StopAndWatermark,
            _ => Self::StopNoBuffer,
        }
    }
}
