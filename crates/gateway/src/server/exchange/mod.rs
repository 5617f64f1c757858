//! One exchange: a request from a client, the plugins, an upstream, a response.

mod answer;
mod attributes;
mod client;
mod drive;
mod flags;
mod forward;
mod idle;
mod live;
mod pipe;
mod record;
mod source;
mod tunnel;

pub(super) use client::{ReplyBody, serve};
pub(super) use drive::Driver;
pub(super) use live::Live;
pub(super) use record::Record;
