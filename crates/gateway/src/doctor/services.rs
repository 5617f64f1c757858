//! The services behind the clusters: reachable, and Redis where Redis is expected.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::Finding;
use crate::bootstrap::{Bootstrap, Cluster, SocketAddress};

const PATIENCE: Duration = Duration::from_secs(2);
const REDIS_PORT: u16 = 6379;

pub(super) fn examine(bootstrap: &Bootstrap) -> Vec<Finding> {
    let endpoints = bootstrap.clusters.iter().flat_map(|cluster| cluster.endpoints.iter().map(move |it| (cluster, it)));
    endpoints.map(|(cluster, endpoint)| judge(cluster, &endpoint.address)).collect()
}

fn judge(cluster: &Cluster, address: &SocketAddress) -> Finding {
    let is_redis = address.port == REDIS_PORT || cluster.name.to_ascii_lowercase().contains("redis");
    let whose = format!("cluster {:?}: {}{address}", cluster.name, if is_redis { "Redis at " } else { "" });
    let stream = connect(address);
    match stream {
        Ok(mut stream) if is_redis => match ping(&mut stream) {
            Ok(()) => Finding::well(format!("{whose} answers")),
            Err(found) => Finding::ill(
                format!("{whose} does not speak Redis: {found}"),
                format!(
                    "{}, then point the cluster at it: --resolve {address}=127.0.0.1:{REDIS_PORT}",
                    start(REDIS_PORT)
                ),
            ),
        },
        Ok(_) => Finding::well(format!("{whose} is reachable")),
        Err(found) => Finding::ill(format!("{whose} is not reachable: {found}"), mend(address, is_redis)),
    }
}

/// Where nothing listens: a program that does. Where the name or the machine is unknown: another place.
fn mend(address: &SocketAddress, is_redis: bool) -> String {
    let is_here = address.host == "localhost" || address.ip().is_some_and(|ip| ip.is_loopback() || ip.is_unspecified());
    let port = if is_here {
        address.port
    } else if is_redis {
        REDIS_PORT
    } else {
        12345
    };
    let program = if is_redis { start(port) } else { format!("gateway httpbin --port {port} &") };
    if is_here { program } else { format!("{program}, then --resolve {address}=127.0.0.1:{port}") }
}

fn start(port: u16) -> String {
    let is_installed = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join("redis-server").is_file()));
    let install = if is_installed { "" } else { "apt-get install -y redis-server (macOS: brew install redis), " };
    format!("{install}redis-server --port {port} --save '' &")
}

fn connect(address: &SocketAddress) -> Result<TcpStream, String> {
    let found = (address.host.as_str(), address.port).to_socket_addrs().map_err(|error| error.to_string())?;
    let mut last = "the name has no address".to_owned();
    for address in found.collect::<Vec<SocketAddr>>() {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error.to_string(),
        }
    }
    Err(last)
}

/// Asks for a sign of life. A server that wants a password first is alive too.
fn ping(stream: &mut TcpStream) -> Result<(), String> {
    let mut answer = [0; 7];
    let read = stream
        .set_read_timeout(Some(PATIENCE))
        .and_then(|()| stream.write_all(b"*1\r\n$4\r\nPING\r\n"))
        .and_then(|()| stream.read_exact(&mut answer));
    match read {
        Ok(()) if answer == *b"+PONG\r\n" || answer == *b"-NOAUTH" => Ok(()),
        Ok(()) => Err("it answers something else to PING".to_owned()),
        Err(error) => Err(format!("no answer to PING: {error}")),
    }
}
