//! Higress's Redis calls: how a worker talks to a cluster, and one command at a time.

use std::time::Duration;

use crate::abi::Status;
use crate::memory::{Call, Outcome};
use crate::trace::{OpenCall, Result as Ended, Service};
use crate::world::{RedisSettings, Refused};

/// Kinds of calls share the space of tokens by their two lowest bits; Redis has 3.
const STEP: u32 = 4;

#[allow(clippy::too_many_arguments, reason = "the ABI gives the call these arguments")]
pub(super) fn init(
    call: &mut Call<'_>,
    service: u32,
    service_size: u32,
    user: u32,
    user_size: u32,
    password: u32,
    password_size: u32,
    timeout: u32,
) -> Outcome {
    let service = call.text(service, service_size)?;
    let (cluster, parameters) = service.split_once('?').unwrap_or((&service, ""));
    let settings = RedisSettings {
        cluster: cluster.to_owned(),
        username: call.text(user, user_size)?,
        password: call.text(password, password_size)?,
        timeout: Duration::from_millis(timeout.into()),
        parameters: parameters
            .split('&')
            .filter(|parameter| !parameter.is_empty())
            .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
    };
    Ok(call.guest().world.redis_init(settings).map_err(|why| refused(why, None))?)
}

/// Parameters after `?` mean nothing here.
pub(super) fn call(
    call: &mut Call<'_>,
    service: u32,
    service_size: u32,
    query: u32,
    query_size: u32,
    out: u32,
) -> Outcome {
    let service = call.text(service, service_size)?;
    let cluster = service.split_once('?').map_or(service.as_str(), |(cluster, _)| cluster);
    let command = call.bytes(query, query_size)?;
    // The place for the token is tried before anything is sent.
    call.write_u32(out, 0)?;
    let guest = call.guest();
    let (root, token) = (guest.root(), guest.last_redis_call.wrapping_add(STEP));
    let record = guest.record_call(&Service::Redis { cluster, command: &command });
    guest.world.redis_call(token, cluster, command).map_err(|why| refused(why, record.as_ref()))?;
    guest.running.started(token, record);
    guest.last_redis_call = token;
    guest.redis_calls.insert(token, root);
    call.write_u32(out, token)
}

/// The status of a call that was not started, which is written down.
pub(super) fn refused(refused: Refused, record: Option<&OpenCall>) -> Status {
    let (status, why) = match refused {
        Refused::UnknownCluster => (Status::BadArgument, "refused: no cluster has this name"),
        Refused::NoHost => {
            (Status::InternalFailure, "refused: the cluster has no host to talk to, or too much waits already")
        }
    };
    if let Some(record) = record {
        record.ended(Ended::Failed { why });
    }
    status
}
