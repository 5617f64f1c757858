//! The callbacks that a guest exports. One that is missing or has another type is a phase the plugin takes no part in.

use wasmtime::{AsContextMut, Instance, TypedFunc};

/// Makes the struct and looks every callback up by its name.
macro_rules! exports {
    ($($field:ident: $name:literal, $parameters:ty => $result:ty;)*) => {
        pub(super) struct Exports {
            $(pub(super) $field: Option<TypedFunc<$parameters, $result>>,)*
        }

        impl Exports {
            pub(super) fn of(instance: &Instance, mut store: impl AsContextMut) -> Self {
                Self { $($field: instance.get_typed_func(&mut store, $name).ok(),)* }
            }
        }
    };
}

exports! {
    context_create: "proxy_on_context_create", (u32, u32) => ();
    vm_start: "proxy_on_vm_start", (u32, u32) => u32;
    configure: "proxy_on_configure", (u32, u32) => u32;
    tick: "proxy_on_tick", u32 => ();
    queue_ready: "proxy_on_queue_ready", (u32, u32) => ();
    request_headers: "proxy_on_request_headers", (u32, u32, u32) => u32;
    request_body: "proxy_on_request_body", (u32, u32, u32) => u32;
    request_trailers: "proxy_on_request_trailers", (u32, u32) => u32;
    response_headers: "proxy_on_response_headers", (u32, u32, u32) => u32;
    response_body: "proxy_on_response_body", (u32, u32, u32) => u32;
    response_trailers: "proxy_on_response_trailers", (u32, u32) => u32;
    http_call_response: "proxy_on_http_call_response", (u32, u32, u32, u32, u32) => ();
    redis_call_response: "proxy_on_redis_call_response", (u32, u32, u32, u32) => ();
    grpc_headers: "proxy_on_grpc_receive_initial_metadata", (u32, u32, u32) => ();
    grpc_message: "proxy_on_grpc_receive", (u32, u32, u32) => ();
    grpc_trailers: "proxy_on_grpc_receive_trailing_metadata", (u32, u32, u32) => ();
    grpc_close: "proxy_on_grpc_close", (u32, u32, u32) => ();
    done: "proxy_on_done", u32 => u32;
    log: "proxy_on_log", u32 => ();
    delete: "proxy_on_delete", u32 => ();
}
