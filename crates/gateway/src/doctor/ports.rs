//! The ports to listen on: free, or taken by whom.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use super::{Finding, owner};
use crate::bootstrap::{Bootstrap, SocketAddress};

pub(super) fn examine(bootstrap: &Bootstrap) -> Vec<Finding> {
    let listeners = bootstrap.listeners.iter().map(|it| (format!("listener {:?}", it.name), &it.address));
    let admin = bootstrap.admin.iter().map(|address| ("the admin port".to_owned(), address));
    // Port 0 is whatever is free.
    listeners.chain(admin).filter(|(_, address)| address.port != 0).map(|(whose, it)| judge(&whose, it)).collect()
}

fn judge(whose: &str, address: &SocketAddress) -> Finding {
    // A listener's host is always an IP address: another one was refused with the file.
    let Some(ip) = address.ip() else { return Finding::well(format!("{whose}: {address}")) };
    let Err(error) = TcpListener::bind(SocketAddr::new(ip, address.port)) else {
        return Finding::well(format!("{whose}: {address} is free"));
    };
    let port = address.port;
    match (error.kind(), owner::of_port(port)) {
        (ErrorKind::AddrInUse, Some((name, id))) => Finding::ill(
            format!("{whose}: {address} is taken by {name}, process {id}"),
            format!("kill {id}, or change the `port_value`"),
        ),
        (ErrorKind::AddrInUse, None) => Finding::ill(
            format!("{whose}: {address} is taken"),
            format!("end what `lsof -i :{port}` shows, or change the `port_value`"),
        ),
        (ErrorKind::PermissionDenied, _) => Finding::ill(
            format!("{whose}: {address}: only root may listen there"),
            "change the `port_value` to one above 1023",
        ),
        _ => Finding::ill(
            format!("{whose}: cannot listen on {address}: {error}"),
            "change the `address`; 127.0.0.1 is on every machine",
        ),
    }
}
