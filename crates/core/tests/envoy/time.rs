//! Waiting, giving up, and work beside all exchanges.

use std::time::{Duration, Instant};

use testkit::eventually;

use crate::stage::{PATIENCE, stage};

#[testkit::scenario]
fn a_sleep_lasts_as_long_as_asked() {
    let stage = stage();
    stage.gateway.get("/time/sleep").send();
    let waited: u32 = stage.seen("/time/sleep").header_text("x-waited-ms").unwrap().parse().unwrap();
    assert!((50..1000).contains(&waited), "{waited} ms");
}

#[testkit::scenario]
fn a_call_after_a_sleep() {
    let stage = stage();
    stage.gateway.get("/time/sleep-then-call").send();
    assert_eq!(stage.seen("/time/sleep-then-call").header_text("x-body"), Some("body of /token"));
}

#[testkit::scenario]
fn any_future_can_be_given_up() {
    let stage = stage();
    stage.gateway.get("/time/give-up").send();
    assert_eq!(stage.seen("/time/give-up").header_text("x-gave-up"), Some("true,true"));
    stage.gateway.get("/time/in-time").send();
    assert_eq!(stage.seen("/time/in-time").header_text("x-body"), Some("body of /token"));
}

#[testkit::scenario]
fn a_sleep_in_the_response_phase() {
    assert_eq!(stage().gateway.get("/time/response-phase").send().header_text("x-slept"), Some("yes"));
}

#[testkit::scenario]
fn work_started_with_the_plugin_goes_on() {
    let stage = stage();
    let beats = || stage.gateway.stats().get("wasmcustom.tour.heartbeats").unwrap_or(0);
    let first = eventually(PATIENCE, || Some(beats()).filter(|beats| *beats > 0)).unwrap();
    let later = eventually(PATIENCE, || Some(beats()).filter(|beats| *beats >= first + 5));
    assert!(later.is_some(), "{first} beats, then {}", beats());
}

#[testkit::scenario]
fn work_started_by_a_request_outlives_it() {
    let stage = stage();
    let done = || stage.gateway.stats().get("wasmcustom.tour.background").unwrap_or(0);
    let before = done();
    stage.gateway.get("/time/background").send();
    assert!(eventually(PATIENCE, || (done() == before + 1).then_some(())).is_some(), "{}", done());
}

#[testkit::scenario]
fn many_sleep_at_once() {
    let stage = stage();
    let began = Instant::now();
    std::thread::scope(|scope| {
        for number in 0..100 {
            let request = stage.gateway.get(&format!("/time/sleep?{number}"));
            scope.spawn(move || assert_eq!(request.send().status, 200));
        }
    });
    // One after the other they would take at least 100 times 50 ms.
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
