//! The callbacks. Each only translates; `xtask build` gives those that the plugin uses their ABI names.

use super::build;
use super::calls::ProxyWasm;
use crate::exchange::Event;
use crate::host::{Buffer, Direction, HeaderList, Host, Map};
use crate::runtime;
use crate::slot::{Message, Outcome};

macro_rules! exports {
    ($($name:ident => fn $function:ident($($argument:ident: $kind:ty),*) $(-> $result:ty)? $body:block)*) => {
        $(
            #[unsafe(export_name = concat!("plugin_core_", stringify!($name)))]
            extern "C" fn $function($($argument: $kind),*) $(-> $result)? $body
        )*
    };
}

exports! {
    proxy_on_context_create => fn context_create(id: u32, parent: u32) {
        runtime::on_context_create(id, parent);
    }

    // Higress's emulator passes other ids here than it created; there is nothing to do in any case.
    proxy_on_vm_start => fn vm_start(_id: u32, _size: u32) -> u32 {
        1
    }

    proxy_on_configure => fn configure(id: u32, _size: u32) -> u32 {
        runtime::announce(id, build::facts());
        u32::from(runtime::on_configure(id))
    }

    proxy_on_request_headers => fn request_headers(id: u32, _count: u32, end_of_stream: u32) -> u32 {
        runtime::on_request_headers(id, end_of_stream != 0)
    }

    proxy_on_request_body => fn request_body(id: u32, size: u32, end_of_stream: u32) -> u32 {
        runtime::on_stream_event(id, Event::Body(Direction::Request, size as usize, end_of_stream != 0))
    }

    proxy_on_request_trailers => fn request_trailers(id: u32, _count: u32) -> u32 {
        runtime::on_stream_event(id, Event::Trailers(Direction::Request))
    }

    proxy_on_response_headers => fn response_headers(id: u32, _count: u32, end_of_stream: u32) -> u32 {
        runtime::on_stream_event(id, Event::Headers(Direction::Response, end_of_stream != 0))
    }

    proxy_on_response_body => fn response_body(id: u32, size: u32, end_of_stream: u32) -> u32 {
        runtime::on_stream_event(id, Event::Body(Direction::Response, size as usize, end_of_stream != 0))
    }

    proxy_on_response_trailers => fn response_trailers(id: u32, _count: u32) -> u32 {
        runtime::on_stream_event(id, Event::Trailers(Direction::Response))
    }

    proxy_on_log => fn log(id: u32) {
        runtime::on_log(id);
    }

    proxy_on_delete => fn delete(id: u32) {
        runtime::on_delete(id);
    }

    proxy_on_tick => fn tick(id: u32) {
        runtime::on_tick(id);
    }

    proxy_on_http_call_response => fn http_call_response(id: u32, token: u32, headers: u32, body: u32, trailers: u32) {
        runtime::on_call_done(id, token, |max_body| answer(max_body, headers, body as usize, trailers));
    }

    proxy_on_redis_call_response => fn redis_call_response(id: u32, token: u32, status: u32, size: u32) {
        runtime::on_call_done(id, token, |max_reply| redis_reply(max_reply, status, size as usize));
    }
}

/// A status other than 0 is a connection that could not be made or that broke.
fn redis_reply(max_reply: usize, status: u32, size: usize) -> Outcome {
    match (status, size) {
        (0, size) if size > max_reply => Outcome::TooLarge(size),
        (0, size) => ProxyWasm.buffer(Buffer::RedisReply, 0, size).map_or(Outcome::Reset, Outcome::Reply),
        _ => Outcome::Reset,
    }
}

fn answer(max_body: usize, headers: u32, body: usize, trailers: u32) -> Outcome {
    if headers == 0 {
        return Outcome::Reset;
    }
    if body > max_body {
        return Outcome::TooLarge(body);
    }
    let host = ProxyWasm;
    let bytes = if body == 0 { Ok(Vec::new()) } else { host.buffer(Buffer::CallBody, 0, body) };
    Outcome::Answer(Box::new(Message {
        headers: host.headers(Map::CallHeaders).unwrap_or_default(),
        body: bytes.unwrap_or_default(),
        trailers: match trailers {
            0 => HeaderList::default(),
            _ => host.headers(Map::CallTrailers).unwrap_or_default(),
        },
    }))
}
