//! Markers by which the build finds out which phases a plugin uses.
//!
//! Each function is called from the one place that needs a phase. When the linker has thrown away what a plugin never
//! reaches, `xtask build` looks for these names in the module and drops the exports of all other phases: a callback
//! that is not exported costs the gateway nothing per request.

macro_rules! markers {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        $(
            $(#[$doc])*
            #[inline(never)]
            pub(crate) fn $name() {
                // Distinct bodies that no optimiser can drop or merge.
                std::hint::black_box(stringify!($name));
            }
        )*
    };
}

markers! {
    /// The request's body or trailers are awaited.
    request_body,
    /// The response is awaited.
    response_headers,
    /// The response's body or trailers are awaited.
    response_body,
    /// A body is awaited while its headers are held, which needs ABI 0.2.100.
    body_before_headers,
    /// Something happens at the end of the stream.
    log,
    /// Time is awaited, a call has a deadline, something is counted, or background work exists.
    timer,
    /// An HTTP call is made.
    http_call,
    /// A Redis command is sent.
    redis_call,
}
