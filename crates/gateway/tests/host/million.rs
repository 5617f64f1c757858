//! A million subjects in the module that is shipped: a machine that keeps them all would run out of memory.

use gateway::{LogView, Pass, Refused};
use serde_json::json;

use super::{Bench, get};

/// Subjects of each request: what a request costs beside them is most of the time that the test takes.
const EACH: usize = 20;

#[test]
fn a_million_subjects_take_no_more_memory_than_the_first_hundred_thousand() {
    let rule = |number: usize| {
        let limits = json!([{"count": 1, "per": "day"}]);
        json!({"name": format!("r{number}"), "by": [{"header": format!("x-key-{number}")}], "limits": limits})
    };
    let configuration = json!({
        "serviceName": "redis.static",
        "rules": (0..EACH).map(rule).collect::<Vec<_>>(),
        // Counted by the worker itself: nobody has to play Redis then.
        "onError": "local",
        "breaker": {"failures": 1},
    });
    let mut bench = Bench::built("rate-limiter", &configuration.to_string());
    bench.world.refuse.set(Some(Refused::UnknownCluster));
    let names: Vec<String> = (0..EACH).map(|number| format!("x-key-{number}")).collect();
    let passes = |bench: &mut Bench, request: usize| {
        let mut headers = get();
        names.iter().for_each(|name| headers.add(name.as_bytes(), request.to_string().as_bytes()));
        let stream = bench.open();
        let effects = bench.request(stream, headers, true);
        bench.vm.finish_stream(stream, LogView::default());
        assert_eq!(bench.vm.crash(), None);
        matches!(effects[..], [(_, Pass::Headers { .. })])
    };
    let mut warm = 0;
    for request in 0..1_000_000 / EACH {
        assert!(passes(&mut bench, request), "the first request of the subjects {request}");
        if request == 100_000 / EACH {
            warm = bench.vm.memory();
        }
    }
    println!("{} KiB after 100,000 subjects, {} KiB after 1,000,000", warm >> 10, bench.vm.memory() >> 10);
    assert_eq!(bench.vm.memory(), warm);
    assert!(!passes(&mut bench, 1_000_000 / EACH - 1), "who came lately is remembered");
    assert!(passes(&mut bench, 0), "who came long ago is not");
}
