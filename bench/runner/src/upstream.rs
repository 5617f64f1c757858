//! The smallest keep-alive HTTP/1.1 server that can tell whether the header arrived, and give it out.

use anyhow::{Context as _, Result};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Body of the answer to a request that carries `hello: world`.
pub(crate) const WITH_HEADER: &str = "with hello";
/// Body of the answer to a request without it.
pub(crate) const WITHOUT_HEADER: &str = "no hello";
/// Requests whose path begins with this get a token, as from an auth service: the header that the others want.
pub(crate) const TOKEN_PATH: &str = "/token";

const LONGEST_REQUEST: usize = 16 * 1024;

/// A server on a free port of 127.0.0.1 that lives as long as the program.
pub(crate) struct Upstream {
    port: u16,
}

impl Upstream {
    /// Binds and starts to answer, one thread for each connection.
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("cannot bind the upstream")?;
        let port = listener.local_addr()?.port();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // An Envoy that ends closes its connections; that ends the thread and is no fault.
                thread::spawn(move || serve(stream));
            }
        });
        Ok(Self { port })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let with = answer("", WITH_HEADER);
    let without = answer("", WITHOUT_HEADER);
    let token = answer("hello: world\r\n", "");
    let asks_for_token = format!("GET {TOKEN_PATH}");
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = stream.read(&mut chunk)?;
        head.extend_from_slice(chunk.get(..count).unwrap_or_default());
        if count == 0 || head.len() > LONGEST_REQUEST {
            return Ok(());
        }
        // Requests are GET without a body, one at a time: an empty line ends one.
        if head.ends_with(b"\r\n\r\n") {
            let answer = match contains(&head, b"\r\nhello: world\r\n") {
                _ if head.starts_with(asks_for_token.as_bytes()) => &token,
                true => &with,
                false => &without,
            };
            stream.write_all(answer)?;
            head.clear();
        }
    }
}

fn answer(headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
