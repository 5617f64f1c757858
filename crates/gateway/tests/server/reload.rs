//! What changes takes effect at once; what is faulty does not.

use testkit::{Answer, Connection, Request, Upstream, eventually};

use super::running::{Config, PATIENCE};
use super::wasm;

fn saying(text: &str) -> Config {
    let mut config = Config::default()
        .route("{ prefix: / }", &format!("direct_response: {{ status: 200, body: {{ inline_string: \"{text}\" }} }}"));
    config.clusters = vec!["{ name: none, type: STATIC }".to_owned()];
    config
}

#[test]
fn a_good_file_takes_effect_without_dropping_connections_and_a_faulty_one_does_not() {
    let gateway = saying("one").start();
    let mut connection = Connection::open(gateway.address, PATIENCE);
    assert_eq!(connection.send(&gateway.get("/")).text(), "one");
    gateway.configure(&saying("two"));
    gateway.wait_for_log("the new configuration is in force");
    assert_eq!(connection.send(&gateway.get("/")).text(), "two");
    gateway.configure(&saying("three").manager("codec_typ: AUTO"));
    gateway.wait_for_log("the new configuration is refused, the last good one stays");
    assert!(gateway.log().contains("did you mean `codec_type`?"), "{}", gateway.log());
    assert_eq!(connection.send(&gateway.get("/")).text(), "two");
}

#[test]
fn an_exchange_under_way_ends_as_it_began() {
    let (started, wait) = (Upstream::start(|_| Answer::ok("old").delay(std::time::Duration::from_secs(1))), PATIENCE);
    let gateway = Config::to(&started).start();
    let mut client = gateway.get("/").start();
    eventually(wait, || (started.started() == 1).then_some(())).unwrap();
    gateway.configure(&saying("new"));
    gateway.wait_for_log("the new configuration is in force");
    assert_eq!(gateway.get("/").send().text(), "new");
    assert_eq!(client.reply().text(), "old");
}

#[test]
fn a_module_that_changes_is_loaded_anew() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("plugin.wasm");
    std::fs::write(&module, wasm::adding("x-one")).unwrap();
    let gateway = Config::to(&upstream).plugin("adding", &module, "", "").start();
    gateway.get("/").send();
    assert!(upstream.last().headers.contains("x-one"));
    std::fs::write(&module, wasm::adding("x-two")).unwrap();
    gateway.wait_for_log("the new configuration is in force");
    gateway.get("/").send();
    assert!(upstream.last().headers.contains("x-two") && !upstream.last().headers.contains("x-one"));
    std::fs::write(&module, b"no module").unwrap();
    gateway.wait_for_log("the new configuration is refused, the last good one stays");
    assert!(gateway.log().contains("plugin.wasm: not a WebAssembly module"), "{}", gateway.log());
    gateway.get("/").send();
    assert!(upstream.last().headers.contains("x-two"));
}

#[test]
fn a_renamed_listener_keeps_its_port_and_its_connections() {
    // Asked of the system, and free again by the time the gateway binds it.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let place = |name: &str, ip: &str, port: u16| {
        format!("- name: {name}\n    address: {{ socket_address: {{ address: {ip}, port_value: {port} }} }}")
    };
    let (front, fixed) = (place("front", "127.0.0.1", 0), |name| place(name, "127.0.0.1", port));
    let gateway = saying("one").change(&front, &fixed("front")).start();
    let mut connection = Connection::open(gateway.address, PATIENCE);
    assert_eq!(connection.send(&gateway.get("/")).text(), "one");
    gateway.configure(&saying("two").change(&front, &fixed("renamed")));
    gateway.wait_for_log("the new configuration is in force");
    assert_eq!(connection.send(&gateway.get("/")).text(), "two");
    assert_eq!(gateway.get("/").send().text(), "two");
    let listeners = Request::new(gateway.admin, "GET", "/listeners").header("connection", "close").send();
    assert_eq!(listeners.text(), format!("renamed::127.0.0.1:{port}\n"));

    gateway.configure(&saying("three").change(&front, &place("renamed", "0.0.0.0", port)));
    gateway.wait_for_log("the new configuration is refused, the last good one stays");
    let hint =
        format!("this gateway listens at 127.0.0.1:{port} itself, so a change of the IP address takes a restart");
    assert!(gateway.log().contains(&hint), "{}", gateway.log());
    assert_eq!(connection.send(&gateway.get("/")).text(), "two");
}
