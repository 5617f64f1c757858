//! The page in a real browser, at the width of a desk and of a phone: what it shows, and that it can be used by keys.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::chromium::Chromium;
use super::server::{exchanges, inspector, serve};

/// Long enough for a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(120);
const DESK: (u32, u32) = (1280, 900);
const PHONE: (u32, u32) = (390, 844);

/// Runs the script in the page and shows every check that did not hold.
#[track_caller]
fn hold(name: &str, size: (u32, u32)) {
    let (engine, inspector) = inspector(50);
    let script = include_str!("page.js");
    let (address, posted) = serve(inspector, script);
    let _browser = Chromium::open(name, size, &[], &format!("http://{address}/inspector"));
    // The page teaches while it is empty, and then sees what comes.
    assert_eq!(posted.recv_timeout(PATIENCE).expect("the page shows nothing"), "empty");
    exchanges(&engine);
    let report = posted.recv_timeout(PATIENCE).expect("the checks did not end");
    let checks: Vec<Value> = serde_json::from_str(&report).unwrap_or_else(|e| panic!("{e}: {report}"));
    let failed: Vec<&Value> = checks.iter().filter(|check| check["holds"] != true).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(checks.len() > 20, "only {} checks ran", checks.len());
}

#[test]
fn the_page_works_on_a_desk() {
    hold("desk", DESK);
}

#[test]
fn the_page_works_on_a_phone() {
    hold("phone", PHONE);
}

/// The pictures are for people to look at: `target/tmp/inspector-*.png`.
#[test]
fn pictures_are_taken() {
    let (engine, inspector) = inspector(50);
    exchanges(&engine);
    let (address, _posted) = serve(inspector, "");
    for (name, size, hash) in [("desk", DESK, "#/exchanges/1"), ("phone", PHONE, "#/exchanges/1")] {
        let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("inspector-{name}.png"));
        let _ = std::fs::remove_file(&picture);
        let more = [format!("--screenshot={}", picture.display()), "--virtual-time-budget=3000".to_owned()];
        Chromium::open(&format!("{name}-picture"), size, &more, &format!("http://{address}/inspector{hash}")).wait();
        let bytes = std::fs::metadata(&picture).unwrap_or_else(|e| panic!("{}: {e}", picture.display())).len();
        assert!(bytes > 20_000, "{} has only {bytes} bytes: is the page empty?", picture.display());
    }
}
