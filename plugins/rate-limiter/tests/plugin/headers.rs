//! What clients are told of their quota, in each of the vocabularies, and what trusted callers are told besides.

use super::{Setup, answered, header, refused};
use serde_json::json;

#[test]
fn the_headers_of_the_ietf_name_every_policy_and_the_tightest() {
    let setup = Setup::new(json!({
        "quotaHeaders": ["ratelimit", "callTimeLeft"],
        "rules": [{"name": "per key", "limits": [
            {"count": 5, "per": "1d"},
            {"count": 2, "per": "90s", "algorithm": "gcra"},
        ]}],
    }));
    let told = answered(&setup.get("/"), &["ratelimit-policy", "ratelimit", "calltimeleft"]);
    assert_eq!(told[0].as_deref(), Some(r#""per_key-86400000ms";q=5;w=86400, "per_key-g90000ms";q=2;w=90"#));
    assert_eq!(told[1].as_deref(), Some(r#""per_key-g90000ms";r=1;t=45"#));
    assert_eq!(told[2].as_deref(), Some("1"));
    setup.get("/");
    let (_, headers, _) = refused(&setup.get("/")).unwrap();
    assert_eq!(header(&headers, "ratelimit").as_deref(), Some(r#""per_key-g90000ms";r=0;t=90"#));
    assert_eq!(header(&headers, "retry-after").as_deref(), Some("45"));
}

#[test]
fn one_limit_goes_by_the_rules_name() {
    let rule = json!({"name": "r", "limits": [{"count": 5, "per": "500ms", "algorithm": "gcra"}]});
    let setup = Setup::new(json!({"quotaHeaders": ["ratelimit", "x-ratelimit"], "rules": [rule]}));
    let told = answered(&setup.get("/"), &["ratelimit-policy", "x-ratelimit-limit", "x-ratelimit-reset"]);
    assert_eq!(told, [Some(r#""r";q=5;w=1"#), Some("5"), Some("1")].map(|text| text.map(str::to_owned)));
}

/// What is left is told of the burst, so the limit is too: 4 at once, which 24 seconds bring back.
#[test]
fn the_limit_of_a_bucket_is_its_burst() {
    let rule = json!({"name": "r", "limits": [{"count": 10, "per": "minute", "algorithm": "gcra", "burst": 4}]});
    let setup = Setup::new(json!({"quotaHeaders": ["ratelimit", "x-ratelimit"], "rules": [rule]}));
    let told = answered(&setup.get("/"), &["ratelimit-policy", "ratelimit", "x-ratelimit-limit"]);
    assert_eq!(told, [Some(r#""r";q=4;w=24"#), Some(r#""r";r=3;t=6"#), Some("4")].map(|text| text.map(str::to_owned)));
}

/// A day's limit is found full by one client, and the minute's too: who comes then is told to wait for the day.
#[test]
fn a_remembered_refusal_is_the_longest() {
    let limits =
        json!([{"count": 1, "per": "1h", "algorithm": "gcra"}, {"count": 1, "per": "10h", "algorithm": "gcra"}]);
    let setup = Setup::new(json!({"rules": [{"name": "r", "limits": limits}]}));
    assert_eq!(setup.passed(1, &[]), 1);
    let calls = || setup.bench.redis_calls().len();
    let retry = || {
        let (_, headers, _) = refused(&setup.get("/")).unwrap();
        header(&headers, "retry-after").unwrap().parse::<u64>().unwrap()
    };
    let (asked, before) = (retry(), calls());
    assert_eq!((retry() + 60) / 3600, 10);
    assert_eq!((calls(), (asked + 60) / 3600), (before, 10), "from memory");
}

/// Redis was not asked, so what others took is not known.
#[test]
fn who_asks_for_more_than_there_ever_is_is_told_of_no_quota() {
    let rule = json!({"name": "r", "limits": [{"count": 5, "per": "day"}], "costHeader": "x-cost"});
    let explain = json!({"header": "x-why", "secret": "s"});
    let setup = Setup::new(
        json!({"quotaHeaders": ["ratelimit", "x-ratelimit", "callTimeLeft"], "rules": [rule], "explain": explain}),
    );
    assert_eq!(setup.passed(4, &[]), 4);
    let (status, headers, _) = refused(&setup.with("/", &[("x-cost", "6"), ("x-why", "s")])).unwrap();
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((status, names.as_slice()), (429, &["x-rate-limit-explain"][..]), "{headers:?}");
    assert!(!header(&headers, "x-rate-limit-explain").unwrap().contains("remaining"));
    let blocked = Setup::new(json!({"qpm": 0}));
    assert_eq!(header(&refused(&blocked.get("/")).unwrap().1, "calltimeleft").as_deref(), Some("0"));
}

#[test]
fn no_quota_header_is_sent_unless_asked_for() {
    let setup = Setup::new(json!({"rules": [{"name": "r", "limits": [{"count": 1, "per": "day"}]}]}));
    let names =
        ["ratelimit", "ratelimit-policy", "x-ratelimit-limit", "x-ratelimit-reset", "calltimeleft", "retry-after"];
    assert_eq!(answered(&setup.get("/"), &names), [const { None }; 6]);
    let (_, headers, _) = refused(&setup.get("/")).unwrap();
    assert_eq!(headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["retry-after"]);
}

#[test]
fn the_upstreams_own_are_replaced() {
    let setup = Setup::new(json!({"qpm": 5}));
    let exchange = setup.get("/");
    exchange.response(200, &[("calltimeleft", "999"), ("calltimeleft", "998")], true);
    assert_eq!(exchange.response_header("calltimeleft").as_deref(), Some("4"));
}

#[test]
fn the_refusal_is_as_configured() {
    let reply = json!({"status": 420, "body": "calm", "headers": {"X-Why": "limit"}});
    let setup = Setup::new(json!({"qpm": 0, "reply": reply}));
    let (status, headers, body) = refused(&setup.get("/")).unwrap();
    assert_eq!((status, body.as_str(), header(&headers, "x-why").as_deref()), (420, "calm", Some("limit")));
}

#[test]
fn who_knows_the_secret_sees_how_it_came_about() {
    let setup = Setup::new(json!({"qpm": 1, "explain": {"header": "x-why", "secret": "s3cret"}}));
    let exchange = setup.with("/", &[("x-why", "s3cret")]);
    assert_eq!(exchange.request_header("x-why"), None, "the secret goes no further");
    let told = answered(&exchange, &["x-rate-limit-explain"]).remove(0).unwrap();
    let key = setup.keys().remove(0);
    assert!(
        told.starts_with(&format!(
            "rule=qpm decided-by=redis passed=true key={key} algorithm=fixedWindow limit=1/60000ms"
        )),
        "{told}"
    );
    setup.get("/");
    let (_, headers, _) = refused(&setup.with("/", &[("x-why", "s3cret")])).unwrap();
    assert!(header(&headers, "x-rate-limit-explain").unwrap().contains("decided-by=remembered passed=false"));
    for wrong in ["", "s3cre", "s3cret ", "S3CRET"] {
        let (_, headers, _) = refused(&setup.with("/", &[("x-why", wrong)])).unwrap();
        assert_eq!(header(&headers, "x-rate-limit-explain"), None, "{wrong:?}");
    }
}
