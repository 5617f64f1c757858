//! Clusters, the outside of machines, Redis and the admin server, against real sockets.

mod admin;
mod calls;
mod cluster;
mod names;
mod redis;
mod redis_faults;
mod stage;
mod ticks;
mod trailers;
mod upgrade;
