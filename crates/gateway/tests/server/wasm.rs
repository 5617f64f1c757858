//! Small plugins, and what the gateway does with them.

use testkit::{Answer, Upstream};

use super::running::Config;

/// A plugin that runs `code` in the request header phase; `name` is at 100 and `value` at 200 of its memory.
fn plugin(imports: &str, name: &str, value: &str, code: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
        (import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_get_property" (func $property (param i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_replace_header_map_value" (func $replace (param i32 i32 i32 i32 i32) (result i32)))
        {imports}
        (memory (export "memory") 1)
        (global $next (mut i32) (i32.const 4096))
        (data (i32.const 100) "{name}")
        (data (i32.const 200) "{value}")
        (func (export "proxy_abi_version_0_2_1"))
        (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
          (global.set $next (i32.add (global.get $next) (local.get $size)))
          (i32.sub (global.get $next) (local.get $size)))
        (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) {code} (i32.const 0)))"#
    );
    wat::parse_str(text).unwrap()
}

/// A plugin that adds a request header with the value `1`.
pub(crate) fn adding(name: &str) -> Vec<u8> {
    let size = name.len();
    let code =
        format!("(drop (call $add (i32.const 0) (i32.const 100) (i32.const {size}) (i32.const 200) (i32.const 1)))");
    plugin("", name, "1", &code)
}

/// A plugin that puts a property into the request header `x-property`; `path` has `\00` between its parts.
fn telling(path: &str) -> Vec<u8> {
    let size = path.replace("\\00", " ").len();
    let code = format!(
        "(if (i32.eqz (call $property (i32.const 200) (i32.const {size}) (i32.const 8) (i32.const 12)))
           (then (drop (call $add (i32.const 0) (i32.const 100) (i32.const 10)
             (i32.load (i32.const 8)) (i32.load (i32.const 12))))))"
    );
    plugin("", "x-property", path, &code)
}

/// A plugin that holds back all bodies of responses, and says so when it holds their end.
pub(crate) fn holding_responses() -> Vec<u8> {
    let text = r#"(module
        (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 100) "holds the end")
        (func (export "proxy_abi_version_0_2_1"))
        (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 4096))
        (func (export "proxy_on_response_body") (param $context i32) (param $size i32) (param $end i32) (result i32)
          (if (local.get $end) (then (drop (call $log (i32.const 2) (i32.const 100) (i32.const 13)))))
          (i32.const 1)))"#;
    wat::parse_str(text).unwrap()
}

/// A plugin that never lets a response go.
pub(crate) fn pausing_responses() -> Vec<u8> {
    let text = r#"(module
        (memory (export "memory") 1)
        (func (export "proxy_abi_version_0_2_1"))
        (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 4096))
        (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 0))
        (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32) (i32.const 1)))"#;
    wat::parse_str(text).unwrap()
}

/// A plugin that crashes in the request header phase.
pub(crate) fn crashing() -> Vec<u8> {
    plugin("", "", "", "(unreachable)")
}

/// A plugin that closes the exchange in the request header phase.
pub(crate) fn closing() -> Vec<u8> {
    let import = r#"(import "env" "proxy_close_stream" (func $close (param i32) (result i32)))"#;
    plugin(import, "", "", "(drop (call $close (i32.const 0)))")
}

fn file(folder: &tempfile::TempDir, name: &str, code: &[u8]) -> std::path::PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, code).unwrap();
    path
}

#[test]
fn plugins_stand_in_their_order_before_the_router() {
    let (upstream, folder) = (Upstream::start(|_| Answer::ok("hi")), tempfile::tempdir().unwrap());
    let gateway = Config::to(&upstream)
        .plugin("first", &file(&folder, "1.wasm", &adding("x-first")), "", "")
        .plugin("second", &file(&folder, "2.wasm", &adding("x-second")), "", "")
        .start();
    gateway.get("/").send();
    let seen = upstream.only();
    let names: Vec<_> = seen.headers.iter().map(|(name, _)| String::from_utf8_lossy(name).into_owned()).collect();
    let place = |name: &str| names.iter().position(|it| it == name);
    assert!(place("x-first").is_some() && place("x-first") < place("x-second"), "{names:?}");
}

#[test]
fn attributes_tell_of_the_exchange() {
    let (upstream, folder) = (Upstream::start(|_| Answer::ok("hi")), tempfile::tempdir().unwrap());
    let named = |path: &str| {
        let module = file(&folder, &format!("{}.wasm", path.replace("\\00", ".")), &telling(path));
        let config = Config::default()
            .cluster("up", upstream.address())
            .route("{ prefix: / }", "name: all, route: { cluster: up }")
            .plugin("telling", &module, "", "");
        let gateway = config.start();
        gateway.get("/a/b?c=d").header("host", "shop.example").header("user-agent", "me").send();
        (upstream.last().header("x-property").map(<[u8]>::to_vec), gateway.address)
    };
    for (path, expected) in [
        ("request\\00path", "/a/b?c=d"),
        ("request\\00url_path", "/a/b"),
        ("request\\00query", "c=d"),
        ("request\\00host", "shop.example"),
        ("request\\00method", "GET"),
        ("request\\00useragent", "me"),
        ("request\\00protocol", "HTTP/1.1"),
        ("request\\00headers\\00user-agent", "me"),
        ("route_name", "all"),
        ("cluster_name", "up"),
        ("plugin_name", "telling"),
    ] {
        assert_eq!(named(path).0.as_deref(), Some(expected.as_bytes()), "{path}");
    }
    let (destination, address) = named("destination\\00address");
    assert_eq!(destination, Some(address.to_string().into_bytes()));
    assert_eq!(named("response\\00code").0, None);
}

#[test]
fn a_path_that_a_plugin_writes_chooses_another_route() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (Upstream::start(|_| Answer::ok("one")), Upstream::start(|_| Answer::ok("other")));
    let code = "(drop (call $replace (i32.const 0) (i32.const 100) (i32.const 5) (i32.const 200) (i32.const 6)))";
    let module = file(&folder, "path.wasm", &plugin("", ":path", "/other", code));
    let gateway = Config::default()
        .cluster("one", one.address())
        .cluster("other", other.address())
        .route("{ prefix: /other }", "route: { cluster: other }")
        .route("{ prefix: / }", "route: { cluster: one }")
        .plugin("path", &module, "", "")
        .start();
    assert_eq!(gateway.get("/one").send().text(), "other");
}

#[test]
fn a_crash_is_answered_or_passed_over_as_configured() {
    let (upstream, folder) = (Upstream::start(|_| Answer::ok("hi")), tempfile::tempdir().unwrap());
    let module = file(&folder, "crash.wasm", &plugin("", "", "", "unreachable"));
    let closed = Config::to(&upstream).plugin("crash", &module, "", "").start();
    assert_eq!(closed.get("/").send().status, 503);
    assert!(closed.log().contains("wasm log crash"), "{}", closed.log());
    let open = Config::to(&upstream).plugin("crash", &module, "", "fail_open: true,").start();
    assert_eq!(open.get("/").send().text(), "hi");
}

#[test]
fn plugins_of_manifests_run_by_phase_and_priority() {
    let (upstream, folder) = (Upstream::start(|_| Answer::ok("hi")), tempfile::tempdir().unwrap());
    let manifest = |name: &str, rank: &str| {
        file(&folder, &format!("{name}.wasm"), &adding(&format!("x-{name}")));
        let text = format!(
            "apiVersion: extensions.higress.io/v1alpha1\nkind: WasmPlugin\nmetadata: {{ name: {name} }}\n\
             spec: {{ url: \"file://{name}.wasm\", {rank} }}\n"
        );
        file(&folder, &format!("{name}.yaml"), text.as_bytes()).display().to_string()
    };
    let (late, early) = (manifest("late", "priority: 1"), manifest("early", "phase: AUTHN"));
    let gateway = Config::to(&upstream).start_with(&["--wasm-plugin", &late, "--wasm-plugin", &early]);
    gateway.get("/").send();
    let seen = upstream.only();
    let names: Vec<_> = seen.headers.iter().map(|(name, _)| String::from_utf8_lossy(name).into_owned()).collect();
    let place = |name: &str| names.iter().position(|it| it == name);
    assert!(place("x-early").is_some() && place("x-early") < place("x-late"), "{names:?}");
}

/// Lifts the buffer limit and holds the whole body; crashes when it comes in crumbs.
const UNLIMITED: &str = r#"
    (import "env" "proxy_set_property" (func $set (param i32 i32 i32 i32) (result i32)))
    (global $pieces (mut i32) (i32.const 0))
    (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
      (global.set $pieces (i32.add (global.get $pieces) (i32.const 1)))
      (if (i32.gt_u (global.get $pieces) (i32.const 2000)) (then unreachable))
      (i32.eqz (local.get 2)))"#;

#[test]
fn a_body_without_buffer_limit_is_held_whole() {
    let (upstream, folder) = (Upstream::start(|_| Answer::ok("hi")), tempfile::tempdir().unwrap());
    let code = "(drop (call $set (i32.const 100) (i32.const 24) (i32.const 200) (i32.const 1)))";
    let module = plugin(UNLIMITED, "set_decoder_buffer_limit", "0", code);
    let gateway = Config::to(&upstream).plugin("unlimited", &file(&folder, "unlimited.wasm", &module), "", "").start();
    let body = "x".repeat(2 << 20);
    assert_eq!(gateway.request("POST", "/").body(body.as_str()).send().text(), "hi");
    assert_eq!(upstream.only().text(), body);
}
