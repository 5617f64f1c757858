//! gRPC calls: known, so that modules which merely could make one load; each call is refused and told in the log.

use crate::abi::Status;
use crate::memory::{Call, Outcome};

/// Level of the line that tells of the refusal.
const WARN: u32 = 3;

macro_rules! refused {
    ($($name:ident($($argument:ident),*) as $call:literal;)*) => {
        $(#[allow(clippy::too_many_arguments, reason = "the ABI gives the call these arguments")]
        pub(super) fn $name(call: &mut Call<'_>, $($argument: u32),*) -> Outcome {
            call.guest().log(WARN, concat!($call, " was refused: this host makes no gRPC calls; Envoy and Higress do"));
            Err(Status::Unimplemented.into())
        })*
    };
}

refused! {
    call(_a, _b, _c, _d, _e, _f, _g, _h, _i, _j, _k, _l) as "proxy_grpc_call";
    stream(_a, _b, _c, _d, _e, _f, _g, _h, _i) as "proxy_grpc_stream";
    close(_a) as "proxy_grpc_close";
    cancel(_a) as "proxy_grpc_cancel";
    send(_a, _b, _c, _d) as "proxy_grpc_send";
}
