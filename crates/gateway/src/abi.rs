//! The numbers of the proxy-wasm ABI that host and guest must agree on.

/// The answer of a host call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Status {
    /// Done.
    Ok = 0,
    /// There is no such thing: header, property, key, buffer.
    NotFound = 1,
    /// An argument is wrong, or the call is not possible in this phase.
    BadArgument = 2,
    /// Bytes could not be packed or unpacked.
    SerializationFailure = 3,
    /// Bytes are not what they should be.
    ParseFailure = 4,
    /// An address or length lies outside the guest's memory.
    InvalidMemoryAccess = 6,
    /// The queue has no element.
    Empty = 7,
    /// The shared value was changed by someone else in between.
    CasMismatch = 8,
    /// The gateway failed at what was asked, for instance found no host.
    InternalFailure = 10,
    /// This host does not implement the call.
    Unimplemented = 12,
}

/// One direction of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client to the upstream.
    Request,
    /// From the upstream to the client.
    Response,
}

/// Which list of headers a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Map {
    Headers(Direction),
    Trailers(Direction),
    CallHeaders,
    CallTrailers,
    GrpcHeaders,
    GrpcTrailers,
}

impl Map {
    pub(crate) fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Headers(Direction::Request),
            1 => Self::Trailers(Direction::Request),
            2 => Self::Headers(Direction::Response),
            3 => Self::Trailers(Direction::Response),
            4 => Self::GrpcHeaders,
            5 => Self::GrpcTrailers,
            6 => Self::CallHeaders,
            7 => Self::CallTrailers,
            _ => return None,
        })
    }
}

/// Which bytes a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Buffer {
    Body(Direction),
    CallBody,
    VmConfiguration,
    PluginConfiguration,
    GrpcMessage,
    RedisReply,
    /// Known to the ABI, never filled here: TCP data, foreign call data.
    Absent,
}

impl Buffer {
    pub(crate) fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Body(Direction::Request),
            1 => Self::Body(Direction::Response),
            2 | 3 | 8 => Self::Absent,
            4 => Self::CallBody,
            5 => Self::GrpcMessage,
            6 => Self::VmConfiguration,
            7 => Self::PluginConfiguration,
            9 => Self::RedisReply,
            _ => return None,
        })
    }
}
