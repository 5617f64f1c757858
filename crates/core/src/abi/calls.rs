//! Host calls: thin imports with the status as a number, behind the safe [`Host`] trait.

use super::{clock, environment};
use crate::host::{
    Buffer, Direction, Dispatch, HeaderList, Host, HostError, HostResult, LocalReply, Map, MetricKind, RedisLogin,
};
use std::ptr::null_mut;
use std::time::{Duration, SystemTime};

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_log(level: u32, text: *const u8, size: usize) -> u32;
    fn proxy_get_log_level(level: *mut u32) -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_set_effective_context(id: u32) -> u32;
    fn proxy_get_header_map_value(
        map: u32,
        name: *const u8,
        name_size: usize,
        out: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_get_header_map_pairs(map: u32, out: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_set_header_map_pairs(map: u32, pairs: *const u8, size: usize) -> u32;
    fn proxy_replace_header_map_value(
        map: u32,
        name: *const u8,
        name_size: usize,
        value: *const u8,
        size: usize,
    ) -> u32;
    fn proxy_add_header_map_value(map: u32, name: *const u8, name_size: usize, value: *const u8, size: usize) -> u32;
    fn proxy_remove_header_map_value(map: u32, name: *const u8, name_size: usize) -> u32;
    fn proxy_get_buffer_bytes(buffer: u32, start: usize, length: usize, out: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_set_buffer_bytes(buffer: u32, start: usize, length: usize, bytes: *const u8, size: usize) -> u32;
    fn proxy_get_property(path: *const u8, path_size: usize, out: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_set_property(path: *const u8, path_size: usize, value: *const u8, size: usize) -> u32;
    fn proxy_continue_stream(stream: u32) -> u32;
    fn proxy_close_stream(stream: u32) -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, size: usize, id: *mut u32) -> u32;
    fn proxy_increment_metric(id: u32, by: i64) -> u32;
    fn proxy_record_metric(id: u32, value: u64) -> u32;
    fn proxy_get_metric(id: u32, value: *mut u64) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_size: usize,
        out: *mut *mut u8,
        size: *mut usize,
        cas: *mut u32,
    ) -> u32;
    fn proxy_set_shared_data(key: *const u8, key_size: usize, value: *const u8, size: usize, cas: u32) -> u32;
    fn proxy_call_foreign_function(
        name: *const u8,
        name_size: usize,
        argument: *const u8,
        argument_size: usize,
        out: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_http_call(
        cluster: *const u8,
        cluster_size: usize,
        headers: *const u8,
        headers_size: usize,
        body: *const u8,
        body_size: usize,
        trailers: *const u8,
        trailers_size: usize,
        timeout: u32,
        token: *mut u32,
    ) -> u32;
    // Higress only; see its proxy-wasm-cpp-host, `src/exports.cc`.
    fn proxy_redis_init(
        service: *const u8,
        service_size: usize,
        username: *const u8,
        username_size: usize,
        password: *const u8,
        password_size: usize,
        timeout: u32,
    ) -> u32;
    fn proxy_redis_call(
        service: *const u8,
        service_size: usize,
        query: *const u8,
        query_size: usize,
        token: *mut u32,
    ) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
}

/// A list without entries.
const NO_HEADERS: [u8; 4] = [0; 4];

/// The gateway that runs this module.
#[derive(Clone, Copy, Debug)]
pub struct ProxyWasm;

fn status(status: u32) -> HostResult<()> {
    match status {
        0 => Ok(()),
        status => Err(HostError(status)),
    }
}

/// Takes over memory that the host allocated in this module.
fn taken(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> HostResult<Vec<u8>> {
    let (mut data, mut size) = (null_mut::<u8>(), 0_usize);
    status(call(&mut data, &mut size))?;
    if data.is_null() {
        return Ok(Vec::new());
    }
    // SAFETY: the host got this memory from `proxy_on_memory_allocate(size)`, proxy-wasm's allocator, which leaks a
    // boxed slice of exactly `size` bytes; the host wrote all of them and gives it up with this call.
    Ok(unsafe { Vec::from_raw_parts(data, size, size) })
}

fn optional<T>(result: HostResult<T>) -> HostResult<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(HostError::NOT_FOUND) => Ok(None),
        Err(other) => Err(other),
    }
}

// SAFETY of the calls below: each passes pointers to live slices with their own lengths, and out-pointers to locals that
// outlive the call. The host copies what it reads before it returns.
impl Host for ProxyWasm {
    fn log(&self, level: u32, text: &str) {
        let _ = unsafe { proxy_log(level, text.as_ptr(), text.len()) };
    }

    fn log_level(&self) -> u32 {
        let mut level = 0;
        match unsafe { proxy_get_log_level(&mut level) } {
            0 => level,
            _ => 0,
        }
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH.checked_add(clock::read(clock::REALTIME)).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    fn monotonic(&self) -> Duration {
        clock::read(clock::MONOTONIC)
    }

    fn set_tick_period(&self, period_ms: u32) {
        let _ = unsafe { proxy_set_tick_period_milliseconds(period_ms) };
    }

    fn set_effective_context(&self, context: u32) -> HostResult<()> {
        status(unsafe { proxy_set_effective_context(context) })
    }

    fn header(&self, map: Map, name: &str) -> HostResult<Option<Vec<u8>>> {
        optional(taken(|out, size| unsafe {
            proxy_get_header_map_value(map as u32, name.as_ptr(), name.len(), out, size)
        }))
    }

    fn headers(&self, map: Map) -> HostResult<HeaderList> {
        taken(|out, size| unsafe { proxy_get_header_map_pairs(map as u32, out, size) }).map(HeaderList::from_host)
    }

    fn set_header(&self, map: Map, name: &str, value: &[u8]) -> HostResult<()> {
        status(unsafe {
            proxy_replace_header_map_value(map as u32, name.as_ptr(), name.len(), value.as_ptr(), value.len())
        })
    }

    fn add_header(&self, map: Map, name: &str, value: &[u8]) -> HostResult<()> {
        status(unsafe {
            proxy_add_header_map_value(map as u32, name.as_ptr(), name.len(), value.as_ptr(), value.len())
        })
    }

    fn remove_header(&self, map: Map, name: &str) -> HostResult<()> {
        status(unsafe { proxy_remove_header_map_value(map as u32, name.as_ptr(), name.len()) })
    }

    fn set_headers(&self, map: Map, list: &[(String, Vec<u8>)]) -> HostResult<()> {
        let list = HeaderList::new(list);
        let bytes = list.as_bytes();
        status(unsafe { proxy_set_header_map_pairs(map as u32, bytes.as_ptr(), bytes.len()) })
    }

    fn buffer(&self, buffer: Buffer, start: usize, length: usize) -> HostResult<Vec<u8>> {
        taken(|out, size| unsafe { proxy_get_buffer_bytes(buffer as u32, start, length, out, size) })
    }

    fn set_buffer(&self, buffer: Buffer, start: usize, length: usize, bytes: &[u8]) -> HostResult<()> {
        status(unsafe { proxy_set_buffer_bytes(buffer as u32, start, length, bytes.as_ptr(), bytes.len()) })
    }

    fn property(&self, path: &[&str]) -> HostResult<Option<Vec<u8>>> {
        let path = path.join("\0");
        optional(taken(|out, size| unsafe { proxy_get_property(path.as_ptr(), path.len(), out, size) }))
    }

    fn set_property(&self, path: &[&str], value: &[u8]) -> HostResult<()> {
        let path = path.join("\0");
        status(unsafe { proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()) })
    }

    fn dispatch_http(&self, call: &Dispatch<'_>) -> HostResult<u32> {
        let (headers, trailers) = (call.headers.as_bytes(), NO_HEADERS);
        let mut token = 0;
        status(unsafe {
            proxy_http_call(
                call.cluster.as_ptr(),
                call.cluster.len(),
                headers.as_ptr(),
                headers.len(),
                call.body.as_ptr(),
                call.body.len(),
                trailers.as_ptr(),
                trailers.len(),
                call.timeout_ms,
                &mut token,
            )
        })?;
        Ok(token)
    }

    fn init_redis(&self, login: &RedisLogin<'_>) -> HostResult<()> {
        status(unsafe {
            proxy_redis_init(
                login.service.as_ptr(),
                login.service.len(),
                login.username.as_ptr(),
                login.username.len(),
                login.password.as_ptr(),
                login.password.len(),
                login.timeout_ms,
            )
        })
    }

    fn call_redis(&self, cluster: &str, command: &[u8]) -> HostResult<u32> {
        let mut token = 0;
        status(unsafe {
            proxy_redis_call(cluster.as_ptr(), cluster.len(), command.as_ptr(), command.len(), &mut token)
        })?;
        Ok(token)
    }

    fn resume(&self, direction: Direction) -> HostResult<()> {
        status(unsafe { proxy_continue_stream(direction as u32) })
    }

    fn reset(&self, direction: Direction) -> HostResult<()> {
        status(unsafe { proxy_close_stream(direction as u32) })
    }

    fn reply(&self, reply: &LocalReply<'_>) -> HostResult<()> {
        let headers = HeaderList::new(reply.headers);
        let headers = headers.as_bytes();
        status(unsafe {
            proxy_send_local_response(
                u32::from(reply.status),
                reply.details.as_ptr(),
                reply.details.len(),
                reply.body.as_ptr(),
                reply.body.len(),
                headers.as_ptr(),
                headers.len(),
                reply.grpc_status,
            )
        })
    }

    fn define_metric(&self, kind: MetricKind, name: &str) -> HostResult<u32> {
        let mut id = 0;
        status(unsafe { proxy_define_metric(kind as u32, name.as_ptr(), name.len(), &mut id) })?;
        Ok(id)
    }

    fn increment_metric(&self, id: u32, by: i64) -> HostResult<()> {
        status(unsafe { proxy_increment_metric(id, by) })
    }

    fn record_metric(&self, id: u32, value: u64) -> HostResult<()> {
        status(unsafe { proxy_record_metric(id, value) })
    }

    fn metric(&self, id: u32) -> HostResult<u64> {
        let mut value = 0;
        status(unsafe { proxy_get_metric(id, &mut value) })?;
        Ok(value)
    }

    fn shared_data(&self, key: &str) -> HostResult<Option<(Vec<u8>, u32)>> {
        let mut cas = 0;
        let value = optional(taken(|out, size| unsafe {
            proxy_get_shared_data(key.as_ptr(), key.len(), out, size, &mut cas)
        }))?;
        Ok(value.map(|value| (value, cas)))
    }

    fn set_shared_data(&self, key: &str, value: &[u8], cas: u32) -> HostResult<()> {
        status(unsafe { proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), cas) })
    }

    fn call_foreign_function(&self, name: &str, argument: &[u8]) -> HostResult<Vec<u8>> {
        taken(|out, size| unsafe {
            proxy_call_foreign_function(name.as_ptr(), name.len(), argument.as_ptr(), argument.len(), out, size)
        })
    }

    fn environment(&self) -> Vec<u8> {
        environment::read()
    }
}
