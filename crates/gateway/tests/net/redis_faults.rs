//! Servers that are no good Redis.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use gateway::World;

use crate::redis::{command, settings};
use crate::stage::{Stage, nobody, on_a_worker};

const PING: &[u8] = b"*1\r\n$4\r\nPING\r\n";

/// A server that treats each connection as told, with the number of the connection.
fn server(serve: impl Fn(usize, TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            serve(number, stream.unwrap());
        }
    });
    address
}

/// Reads one command PING.
fn ping(stream: &mut TcpStream) {
    let mut bytes = [0; PING.len()];
    stream.read_exact(&mut bytes).unwrap();
    assert_eq!(bytes, PING);
}

/// What two commands on a connection that begins with `bytes` come to, and what the log says.
fn after(bytes: &'static [u8]) -> ([Option<Vec<u8>>; 2], String) {
    let address = server(move |number, mut stream| {
        ping(&mut stream);
        if number == 0 {
            stream.write_all(bytes).unwrap();
            // Until the client closes.
            let _ = stream.read_to_end(&mut Vec::new());
        } else {
            stream.write_all(b"+PONG\r\n").unwrap();
        }
    });
    on_a_worker(async {
        let mut stage = Stage::with("redis", address);
        stage.world.redis_init(settings(20_000)).unwrap();
        let mut replies = [None, None];
        for reply in &mut replies {
            stage.world.redis_call(3, "redis", command(&["PING"])).unwrap();
            *reply = stage.redis().await.1;
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        (replies, stage.logged())
    })
}

#[test]
fn hostile_bytes_end_the_connection_and_the_next_command_has_a_new_one() {
    let pong = Some(b"+PONG\r\n".to_vec());
    for (bytes, why) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "no RESP2"),
        (b"%2\r\n+a\r\n:1\r\n", "no RESP2"),
        (b"$-7\r\n", "no RESP2"),
        (b"$99999999999\r\n", "too large"),
    ] {
        let (replies, logged) = after(bytes);
        assert_eq!(replies, [None, pong.clone()], "{bytes:?}");
        assert!(logged.contains(why), "{logged}");
    }
}

#[test]
fn a_reply_that_nobody_waits_for_ends_the_connection() {
    let (replies, logged) = after(b"+PONG\r\n+PONG\r\n");
    assert_eq!(replies, [Some(b"+PONG\r\n".to_vec()), Some(b"+PONG\r\n".to_vec())]);
    assert!(logged.contains("a reply came that nobody waits for"), "{logged}");
}

#[test]
fn a_reply_may_come_byte_by_byte() {
    let reply = b"*2\r\n$3\r\na\r\n\r\n*1\r\n:7\r\n";
    let address = server(move |_, mut stream| {
        stream.set_nodelay(true).unwrap();
        ping(&mut stream);
        for byte in reply {
            stream.write_all(&[*byte]).unwrap();
            std::thread::sleep(Duration::from_millis(2));
        }
        let _ = stream.read_to_end(&mut Vec::new());
    });
    on_a_worker(async {
        let mut stage = Stage::with("redis", address);
        stage.world.redis_init(settings(20_000)).unwrap();
        stage.world.redis_call(3, "redis", command(&["PING"])).unwrap();
        assert_eq!(stage.redis().await, (3, Some(reply.to_vec())));
    });
}

#[test]
fn a_connection_that_ends_within_a_reply_fails_the_command() {
    let address = server(|number, mut stream| {
        ping(&mut stream);
        stream.write_all(b"$10\r\nabc").unwrap();
        if number == 0 {
            // Closing with something unread makes a reset.
            let socket = socket2::SockRef::from(&stream);
            socket.set_linger(Some(Duration::ZERO)).unwrap();
        }
    });
    on_a_worker(async {
        let mut stage = Stage::with("redis", address);
        for token in [3, 7] {
            stage.world.redis_call(token, "redis", command(&["PING"])).unwrap();
            assert_eq!(stage.redis().await, (token, None));
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    });
}

#[test]
fn a_server_that_refuses_fails_all_commands_that_wait_for_it() {
    on_a_worker(async {
        let mut stage = Stage::with("redis", nobody());
        for token in [3, 7, 11] {
            stage.world.redis_call(token, "redis", command(&["PING"])).unwrap();
        }
        for token in [3, 7, 11] {
            assert_eq!(stage.redis().await, (token, None));
        }
        assert!(stage.logged().contains("remote connection failure"));
    });
}

#[test]
fn commands_are_collected_before_they_are_written() {
    let address = server(|_, mut stream| {
        let mut bytes = [0; 4096];
        // One read finds both, for they were written together.
        let size = stream.read(&mut bytes).unwrap();
        stream.write_all(format!(":{size}\r\n:0\r\n").as_bytes()).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    on_a_worker(async {
        let mut stage = Stage::with("redis", address);
        let parameters = vec![("buffer_flush_timeout".to_owned(), "200".to_owned())];
        stage.world.redis_init(gateway::RedisSettings { parameters, ..settings(20_000) }).unwrap();
        stage.world.redis_call(3, "redis", command(&["PING"])).unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        stage.world.redis_call(7, "redis", command(&["PING"])).unwrap();
        assert_eq!(stage.redis().await, (3, Some(format!(":{}\r\n", 2 * PING.len()).into_bytes())));
    });
}

#[test]
fn what_waits_has_a_bound() {
    let address = server(|_, mut stream| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    on_a_worker(async {
        let stage = Stage::with("redis", address);
        let large = vec![b'x'; 30 << 20];
        assert_eq!(stage.world.redis_call(3, "redis", large.clone()), Ok(()));
        assert_eq!(stage.world.redis_call(7, "redis", large.clone()), Ok(()));
        assert_eq!(stage.world.redis_call(11, "redis", large), Err(gateway::Refused::NoHost));
    });
}
