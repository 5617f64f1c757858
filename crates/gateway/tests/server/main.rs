//! The program `gateway`, started as people start it: what client, upstream and log see.

mod departures;
mod protocols;
mod proxying;
mod reload;
mod routes;
mod running;
mod start;
mod streaming;
mod wasm;
