//! Are the ports free? Asked before anything slow happens.

use super::Options;
use anyhow::{Result, bail};
use std::net::{Ipv4Addr, TcpListener};

pub(super) fn require_free(options: &Options) -> Result<()> {
    let wanted = [
        ("the gateway", options.port, "--port", "GATEWAY_PORT"),
        ("httpbin", options.httpbin_port, "--httpbin-port", "HTTPBIN_PORT"),
        ("the admin pages", options.admin_port, "--admin-port", "ADMIN_PORT"),
    ];
    for (whose, port, flag, variable) in wanted {
        if let Err(error) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            bail!(
                "port {port} for {whose} is not free ({error}); end what listens there (`ss -ltnp 'sport = :{port}'` \
                 names it), or choose another port with {flag} or the variable {variable}"
            );
        }
    }
    Ok(())
}

/// A port that is free now, for a server that cannot choose one itself.
pub(super) fn any_free() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_port_and_how_to_change_it() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let options = Options { port: 0, httpbin_port: port, admin_port: 0, config: "envoy.yaml".into() };
        let error = require_free(&options).unwrap_err().to_string();
        for part in [&format!("port {port} for httpbin"), "--httpbin-port", "HTTPBIN_PORT"] {
            assert!(error.contains(part), "{error}");
        }
    }
}
