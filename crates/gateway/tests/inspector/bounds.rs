//! However much passes, little is kept, and nothing when nothing is recorded.

use std::rc::Rc;

use gateway::{Facts, Message};

use super::guests::{Chain, REQUEST};

#[test]
fn a_flood_of_headers_and_lines_is_cut() {
    let talker = format!(
        "{REQUEST} (local i32) (loop $again (call $say) (call $set (i32.const 0))
            (br_if $again (i32.lt_u (local.tee 3 (i32.add (local.get 3) (i32.const 1))) (i32.const 2000))))
            (i32.const 0))"
    );
    let mut chain = Chain::of(&[("talker", &talker)]);
    let (id, recording) = chain.open();
    let long = "v".repeat(60_000);
    let names: Vec<String> = (0..2000).map(|number| format!("x-{number}")).collect();
    let flood: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), long.as_str())).collect();
    chain.get(id, &flood);
    chain.ok(id);
    chain.finish(id);
    let record = recording.record();
    assert!(record.events.len() <= 400 && record.events_left_out > 1500, "{}", record.events_left_out);
    assert!(record.request.came.as_ref().unwrap().left_out >= 1900);
    let json = serde_json::to_vec(&record).unwrap();
    assert!(json.len() < 400_000, "{} bytes", json.len());
    assert_eq!(record.status, Some(200));
}

#[test]
fn an_exchange_without_a_recording_leaves_none() {
    let mut chain = Chain::of(&[(
        "writer",
        &format!("{REQUEST} (call $set (i32.const 0)) (call $say) (call $http) (i32.const 0))"),
    )]);
    let id = chain.worker.open(0, Rc::new(Facts::default()));
    let outputs = chain.get(id, &[]);
    assert!(matches!(&outputs[..], [(_, gateway::Output::ToUpstream(Message::Headers { .. }))]), "{outputs:?}");
    chain.ok(id);
    chain.finish(id);
}

#[test]
fn what_is_not_told_takes_no_room() {
    let quiet = format!(
        r#"{REQUEST} (i32.const 0)) (func (export "proxy_on_context_create") (param i32 i32))
        (func (export "proxy_on_done") (param i32) (result i32) (i32.const 1))
        (func (export "proxy_on_log") (param i32)) (func (export "proxy_on_delete") (param i32))"#
    );
    // Eighty plugins' turns fit, also when each was created and ended besides.
    let names: Vec<String> = (0..80).map(|number| format!("{number:0>1000}")).collect();
    let plugins: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), quiet.as_str())).collect();
    let mut chain = Chain::of(&plugins);
    let (id, recording) = chain.open();
    chain.get(id, &[]);
    chain.ok(id);
    chain.finish(id);
    let record = recording.record();
    assert_eq!((record.events.len(), record.events_left_out), (80, 0));
}
