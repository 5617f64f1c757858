//! A million subjects, in a process of its own so that its memory is theirs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that panics is a test that fails")]

use plugin_core::testing::Bench;
use rate_limiter::RateLimiter;
use serde_json::json;

/// Bytes of memory that this process holds, by the kernel's count.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// Subjects of each request: what a request costs beside them is most of the time that the test takes.
const EACH: usize = 5;

/// Each of them would take some 250 bytes if it were kept. A worker keeps the last ones, and begins anew with the rest.
#[test]
fn a_million_subjects_take_no_more_memory_than_the_first_hundred_thousand() {
    let rule = |number: usize| {
        let limits = json!([{"count": 1, "per": "day"}]);
        json!({"name": format!("r{number}"), "by": [{"header": format!("x-key-{number}")}], "limits": limits})
    };
    let config = json!({
        "serviceName": "redis.static",
        "rules": (0..EACH).map(rule).collect::<Vec<_>>(),
        // Counted by the worker itself: nobody has to play Redis then, and to keep what it is sent.
        "onError": "local",
        "breaker": {"failures": 1},
    });
    let bench = Bench::<RateLimiter>::new(&config.to_string()).unwrap_or_else(|log| panic!("{log}"));
    bench.forget_cluster("outbound|80||redis.static");
    let names: Vec<String> = (0..EACH).map(|number| format!("x-key-{number}")).collect();
    let passes = |request: usize| {
        let value = request.to_string();
        let headers: Vec<_> = names.iter().map(|name| (name.as_str(), value.as_str())).collect();
        bench.request("GET", "/", &headers, true).is_forwarded()
    };
    let mut warm = 0;
    for request in 0..1_000_000 / EACH {
        assert!(passes(request), "the first request of the subjects {request}");
        if request == 100_000 / EACH {
            warm = resident();
        }
    }
    let grown = resident().saturating_sub(warm);
    println!("{} KiB after 100,000 subjects, {} KiB more after 1,000,000", warm >> 10, grown >> 10);
    assert!(grown < 16 << 20, "{grown} bytes more");
    assert!(!passes(1_000_000 / EACH - 1), "who came lately is remembered");
    assert!(passes(0), "who came long ago is not");
}
