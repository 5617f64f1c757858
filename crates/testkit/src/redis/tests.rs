//! The server of the tests, from outside: `redis_protocol` frames on plain sockets.

use super::*;
use std::io::{Read, Write};
use std::net::TcpStream;

fn ask(server: &Redis, lines: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(server.address())?;
    stream.set_read_timeout(Some(Duration::from_millis(300)))?;
    stream.write_all(lines.as_bytes())?;
    let mut answer = [0; 1024];
    let count = stream.read(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer[..count]).into_owned())
}

#[test]
fn it_answers_and_records_what_it_was_asked() {
    let redis = Redis::start();
    redis.command(["SET", "mine", "1"]);
    let mut client = TcpStream::connect(redis.address()).unwrap();
    client.write_all(b"SELECT 3\r\nINCR count\r\nSET \"a b\" \"\\x00\\n\"\r\n").unwrap();
    let done = || redis.commands().iter().any(|command| command.words[0] == "SET").then_some(());
    crate::eventually(Duration::from_secs(5), done).expect("the record has the last command");

    let commands = redis.commands();
    let words: Vec<_> = commands.iter().map(|command| command.words.join("|")).collect();
    assert_eq!(words, ["SELECT|3", "INCR|count", "SET|a b|\0\n"]);
    assert_eq!(commands[1].database, 3);
    assert_eq!(commands[1].client, client.local_addr().unwrap().to_string());
    assert_eq!(redis.connections(), 1);
    assert_eq!(redis.text(["GET", "mine"]).as_deref(), Some("1"));
    assert_eq!(redis.text(["GET", "count"]), None, "it was counted in another database");
}

#[test]
fn a_password_and_users_are_asked_for() {
    let with_password = Redis::options().password("se cret\"é").start();
    assert!(ask(&with_password, "PING\r\n").unwrap().starts_with("-NOAUTH"));
    assert!(ask(&with_password, "AUTH \"se cret\\\"é\"\r\n").unwrap().starts_with("+OK"));
    assert_eq!(with_password.text(["PING"]).as_deref(), Some("PONG"));

    let with_user = Redis::options().user_with("reader", "pw", &["~*", "+get"]).setting("maxclients", &["50"]).start();
    assert!(ask(&with_user, "PING\r\n").unwrap().starts_with("-NOAUTH"));
    assert!(ask(&with_user, "AUTH reader pw\r\n").unwrap().starts_with("+OK"));
    let OwnedFrame::Array(limit) = with_user.command(["CONFIG", "GET", "maxclients"]) else { panic!("no list") };
    assert_eq!(limit[1], OwnedFrame::BulkString(b"50".to_vec()));
}

#[test]
fn it_pauses_vanishes_and_comes_back_on_its_port() {
    let redis = Redis::start();
    let address = redis.address();
    redis.command(["SET", "a", "1"]);

    redis.pause();
    assert!(ask(&redis, "PING\r\n").is_err(), "a paused server answers nothing");
    redis.resume();
    assert_eq!(redis.text(["GET", "a"]).as_deref(), Some("1"));

    redis.kill();
    assert_eq!(ask(&redis, "PING\r\n").unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
    redis.restart();
    assert_eq!(redis.address(), address);
    assert_eq!(redis.text(["GET", "a"]), None, "nothing was kept");
    assert_eq!(redis.commands(), [], "a new life, a new record");

    drop(redis);
    assert!(TcpStream::connect(address).is_err(), "nobody listens after drop");
}

#[test]
fn a_missing_program_and_a_refused_setting_are_told() {
    let complaint = |options: RedisOptions| {
        let started = std::panic::catch_unwind(|| options.start());
        *started.unwrap_err().downcast::<String>().unwrap()
    };
    let missing = complaint(Redis::options().program("/nowhere/redis-server"));
    assert!(missing.starts_with("no program /nowhere/redis-server; install Redis (Debian"), "{missing}");
    let refused = complaint(Redis::options().setting("no-such-setting", &["1"]));
    assert!(refused.contains("no-such-setting"), "{refused}");
}
