//! The calls that guests may make. Each group has its file; the tables here give them their names.

mod buffers;
mod declare;
pub(crate) mod expressions;
mod filter_state;
mod foreign;
mod grpc;
mod headers;
mod http;
mod inject;
mod log;
mod metrics;
mod properties;
mod protobuf;
mod redis;
mod shared_data;
mod shared_queue;
mod signatures;
mod stream;
mod timer;
mod upstream;
mod wasi;

use wasmtime::{Caller, Engine, Error, Linker};

use crate::memory::{Call, finish};
use crate::vm::guest::Guest;

/// Makes a list of names and the function that links them. Every call returns a status.
macro_rules! table {
    ($(#[$about:meta])* $names:ident, $link:ident: $($name:literal => $function:path, ($($argument:ident: $type:ty),*);)*) => {
        $(#[$about])*
        pub(crate) const $names: &[&str] = &[$($name),*];

        fn $link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
            $(linker.func_wrap("env", $name, |caller: Caller<'_, Guest>, $($argument: $type),*| {
                at_start(&caller, $name)?;
                finish($function(&mut Call(caller), $($argument),*))
            })?;)*
            Ok(())
        }
    };
}

table! {
    /// Calls of ABI 0.2.0 and all later ones.
    ENV, link_env:
    "proxy_log" => log::log, (level: u32, text: u32, size: u32);
    "proxy_set_effective_context" => stream::set_effective_context, (context: u32);
    "proxy_done" => stream::done, ();
    "proxy_continue_stream" => stream::continue_stream, (which: u32);
    "proxy_close_stream" => stream::close_stream, (which: u32);
    "proxy_send_local_response" => stream::send_local_response,
        (status: u32, details: u32, details_size: u32, body: u32, body_size: u32, headers: u32, headers_size: u32, grpc: i32);
    "proxy_get_header_map_value" => headers::get, (map: u32, name: u32, name_size: u32, out: u32, out_size: u32);
    "proxy_add_header_map_value" => headers::add, (map: u32, name: u32, name_size: u32, value: u32, size: u32);
    "proxy_replace_header_map_value" => headers::replace, (map: u32, name: u32, name_size: u32, value: u32, size: u32);
    "proxy_remove_header_map_value" => headers::remove, (map: u32, name: u32, name_size: u32);
    "proxy_get_header_map_pairs" => headers::get_pairs, (map: u32, out: u32, out_size: u32);
    "proxy_set_header_map_pairs" => headers::set_pairs, (map: u32, pairs: u32, size: u32);
    "proxy_get_header_map_size" => headers::size, (map: u32, out: u32);
    "proxy_get_buffer_bytes" => buffers::get, (buffer: u32, start: u32, length: u32, out: u32, out_size: u32);
    "proxy_set_buffer_bytes" => buffers::set, (buffer: u32, start: u32, length: u32, bytes: u32, size: u32);
    "proxy_get_buffer_status" => buffers::status, (buffer: u32, length: u32, flags: u32);
    "proxy_get_property" => properties::get, (path: u32, path_size: u32, out: u32, out_size: u32);
    "proxy_set_property" => properties::set, (path: u32, path_size: u32, value: u32, size: u32);
    "proxy_http_call" => http::call,
        (cluster: u32, cluster_size: u32, headers: u32, headers_size: u32, body: u32, body_size: u32,
         trailers: u32, trailers_size: u32, timeout: i32, token: u32);
    "proxy_get_status" => http::get_status, (code: u32, out: u32, out_size: u32);
    "proxy_define_metric" => metrics::define, (kind: u32, name: u32, size: u32, id: u32);
    "proxy_increment_metric" => metrics::increment, (id: u32, by: i64);
    "proxy_record_metric" => metrics::record, (id: u32, value: u64);
    "proxy_get_metric" => metrics::get, (id: u32, out: u32);
    "proxy_get_shared_data" => shared_data::get, (key: u32, size: u32, out: u32, out_size: u32, cas: u32);
    "proxy_set_shared_data" => shared_data::set, (key: u32, key_size: u32, value: u32, size: u32, cas: u32);
    "proxy_register_shared_queue" => shared_queue::register, (name: u32, size: u32, token: u32);
    "proxy_resolve_shared_queue" => shared_queue::resolve,
        (vm_id: u32, vm_id_size: u32, name: u32, size: u32, token: u32);
    "proxy_enqueue_shared_queue" => shared_queue::enqueue, (token: u32, bytes: u32, size: u32);
    "proxy_dequeue_shared_queue" => shared_queue::dequeue, (token: u32, out: u32, out_size: u32);
    "proxy_set_tick_period_milliseconds" => timer::set_tick, (period: u32);
    "proxy_get_current_time_nanoseconds" => timer::now, (out: u32);
    "proxy_call_foreign_function" => foreign::call,
        (name: u32, name_size: u32, argument: u32, argument_size: u32, out: u32, out_size: u32);
    "proxy_grpc_call" => grpc::call,
        (target: u32, target_size: u32, service: u32, service_size: u32, method: u32, method_size: u32,
         metadata: u32, metadata_size: u32, message: u32, message_size: u32, timeout: u32, token: u32);
    "proxy_grpc_stream" => grpc::stream,
        (target: u32, target_size: u32, service: u32, service_size: u32, method: u32, method_size: u32,
         metadata: u32, metadata_size: u32, token: u32);
    "proxy_grpc_close" => grpc::close, (token: u32);
    "proxy_grpc_cancel" => grpc::cancel, (token: u32);
    "proxy_grpc_send" => grpc::send, (token: u32, message: u32, size: u32, end: u32);
}

table! {
    /// Calls that Higress gives to modules of ABI 0.2.1 and 0.2.100.
    HIGRESS, link_higress:
    "proxy_redis_init" => redis::init,
        (service: u32, service_size: u32, user: u32, user_size: u32, password: u32, password_size: u32, timeout: u32);
    "proxy_redis_call" => redis::call, (service: u32, service_size: u32, query: u32, query_size: u32, token: u32);
    "proxy_inject_encoded_data_to_filter_chain" => inject::inject, (body: u32, size: u32, end: u32);
    "proxy_get_upstream_hosts" => upstream::hosts, (out: u32, out_size: u32);
    "proxy_set_upstream_override_host" => upstream::override_host, (address: u32, size: u32);
}

table! {
    /// Calls that came with ABI 0.2.1.
    LEVEL, link_level:
    "proxy_get_log_level" => log::level, (out: u32);
}

pub(crate) use wasi::knows as knows_wasi;

/// C's calls that gateways give to any module: built with emscripten, it tells when its memory grows.
pub(crate) const C: &[&str] = &["emscripten_notify_memory_growth", "pthread_equal"];

/// WASI calls that are not given in a machine's start functions; all others are.
const NOT_AT_START: [&str; 6] = ["fd_read", "fd_seek", "fd_close", "path_open", "sched_yield", "proc_exit"];

/// In the start functions of a machine, gateways give the log and most of WASI, and stop the guest for anything else.
fn at_start(caller: &Caller<'_, Guest>, name: &str) -> wasmtime::Result<()> {
    let refused = if name.starts_with("proxy_") { name != "proxy_log" } else { NOT_AT_START.contains(&name) };
    if caller.data().starting && refused {
        return Err(Error::msg(format!(
            "{name} was called in _initialize or _start. Gateways give only the log and the environment there; \
             call it from proxy_on_vm_start or proxy_on_configure"
        )));
    }
    Ok(())
}

/// All calls of all versions: which of them a module may use is checked before.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    link_env(&mut linker)?;
    link_level(&mut linker)?;
    link_higress(&mut linker)?;
    wasi::link(&mut linker)?;
    linker.func_wrap("env", "emscripten_notify_memory_growth", |_: u32| {})?;
    linker.func_wrap("env", "pthread_equal", |left: u32, right: u32| u32::from(left == right))?;
    Ok(linker)
}
