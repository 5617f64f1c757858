//! No secret that passes through the gateway is in what is recorded.

use gateway::{HttpAnswer, Plugin};

use super::guests::{Chain, HTTP_ANSWER, REQUEST, engine};

const SECRET: &str = "S3CR3T";

#[test]
fn no_secret_reaches_the_record() {
    let plugin = format!(
        "{REQUEST} (call $set (i32.const 0)) (call $http) (call $redis) (call $say) (i32.const 1))
        {HTTP_ANSWER} (call $enter (i32.const 2)) (call $say) (call $reply))"
    );
    let mut chain = Chain::of(&[("caller", &plugin)]);
    let (id, recording) = chain.open();
    let secrets = [
        (":path", "/get?access_token=S3CR3T&x=1"),
        ("authorization", "Bearer S3CR3T"),
        ("cookie", "sid=S3CR3T"),
        ("x-api-key", "S3CR3T"),
        ("referer", "https://u:S3CR3T@host/?password=S3CR3T"),
        ("x-forwarded-by", "Basic S3CR3T"),
        ("x-a", "visible"),
    ];
    chain.get(id, &secrets);
    let answer = HttpAnswer {
        headers: [(":status", "200"), ("set-cookie", "sid=S3CR3T")].into_iter().collect(),
        body: SECRET.into(),
        ..HttpAnswer::default()
    };
    chain.worker.event(chain.machines[0], |vm| vm.http_answered(4, Some(answer)));
    chain.finish(id);
    let record = recording.record();
    assert_eq!((record.calls(), record.status), (2, Some(418)));
    let debug = format!("{record:?}");
    assert!(!debug.contains(SECRET), "{debug}");
    let json = serde_json::to_string(&record).unwrap();
    assert!(!json.contains(SECRET), "{json}");
    for shown in ["visible", "the token=*** came", "AUTH", "*** (6 bytes)", "Bearer *** (13 bytes)"] {
        assert!(json.contains(shown), "{shown} in {json}");
    }
}

#[test]
fn headers_that_a_plugin_is_configured_with_are_hidden() {
    let mut chain = Chain::of(&[("first", "")]);
    let (id, before) = chain.open();
    chain.get(id, &[("x-learned-by-test", SECRET)]);
    assert!(format!("{:?}", before.record()).contains(SECRET));

    let configuration = br#"{"_rules_": [{"_match_route_": ["a"], "tokenHeader": "X-Learned-By-Test"}]}"#.to_vec();
    let plugin = Plugin { name: "second".to_owned(), configuration, ..Plugin::default() };
    chain.worker.event(chain.machines[0], |vm| {
        vm.start_plugin(plugin).unwrap();
        Vec::new()
    });
    let (id, after) = chain.open();
    chain.get(id, &[("x-learned-by-test", SECRET)]);
    assert!(!format!("{:?}", after.record()).contains(SECRET));
    assert!(
        engine()
            .process()
            .traces
            .masks()
            .configuration(br#"{"x-learned-by-test": "S3CR3T"}"#)
            .to_string()
            .contains("***")
    );
}
