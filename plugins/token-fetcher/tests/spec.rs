//! Console form, editor schema and tables of options are what the configuration's types say.

use token_fetcher::TokenFetcher;

const WHOLE: &str = r#"{
    "serviceName": "idp.dns", "servicePort": 443, "host": "idp", "requestPath": "/t?a=${request.path}",
    "request": {"query": {"a": "b"}, "headers": {"x-a": "${request.host}"}},
    "oauth2": {"clientId": "a", "clientSecret": "b", "auth": "body", "scope": "s", "params": {"c": "d"}},
    "success": {"statuses": [200, 201], "json": {"pointer": "/ok", "equals": true}},
    "token": {"json": "/data/token"}, "target": {"cookie": "t", "prefix": "p", "present": "keep"},
    "timeoutMs": 900, "retry": {"tries": 2, "pauseMs": 10, "tryTimeoutMs": 400},
    "steps": [{"name": "s", "serviceName": "a.static", "requestPath": "/s", "values": {"v": "body", "w": {"header": "h"}}}],
    "onFailure": {"timeout": "open", "noToken": {"reply": {"status": 503, "headers": {"a": "b"}, "body": "c"}}},
    "cache": {"key": "${request.host}", "lifetimeFrom": ["jwt"], "refreshAtPercent": 70, "dropOn": [401]},
    "circuitBreaker": {"failures": 3, "openMs": 100}, "fingerprint": true
}"#;

#[test]
fn what_is_generated_is_fresh() {
    plugin_spec::of!(TokenFetcher).assert_fresh();
}

#[test]
fn what_the_schema_refuses_the_plugin_refuses() {
    plugin_spec::of!(TokenFetcher).assert_agrees(&[
        include_str!("../example.yaml"),
        WHOLE,
        r#"{"cluster": "c", "requestPath": "/", "tokenHeader": "t", "request": {"method": "PUT", "body": {"json": [1]}}}"#,
    ]);
}
