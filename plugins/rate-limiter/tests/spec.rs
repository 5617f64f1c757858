//! Console form, editor schema and tables of options are what the configuration's types say.

use rate_limiter::RateLimiter;

const OWN: &str = r#"{
    "cluster": "redis", "username": "u", "password": 1, "database": 2, "timeout": 100, "name": "n",
    "rules": [
        {"name": "a", "by": ["consumer", {"header": "x-a"}], "missing": "refuse", "limits": [{"count": 5, "per": "90s"}]},
        {"name": "b", "by": [{"cookie": "c"}], "allow": ["x"], "deny": ["regexp:y"], "cost": 2, "shadow": true,
         "limits": [{"count": 5, "per": "day", "algorithm": "gcra", "burst": 2}],
         "overrides": [{"value": "z", "limits": [{"count": 9, "per": "day"}]}], "costHeader": "x-c", "maxCost": 7}
    ],
    "algorithm": "slidingWindow", "trustedProxies": ["10.0.0.0/8"], "addressHeader": "x-real-ip", "ipv6Prefix": 56,
    "reply": {"status": 420, "body": "calm", "headers": {"x-a": "b"}}, "quotaHeaders": ["ratelimit"],
    "explain": {"header": "x-why", "secret": "s"}, "onError": "deny", "errorReply": {"status": 500},
    "breaker": {"failures": 3, "probe": 500}, "lease": {"max": 10, "ttl": 100}
}"#;

const CLUSTER_KEY: &str = r#"{
    "redis": {"service_name": "redis.static", "service_port": 80, "username": "u", "timeout": 200},
    "rule_name": "r", "rejected_code": 430, "rejected_msg": "no", "show_limit_quota_header": true,
    "rule_items": [
        {"limit_by_header": "x-a", "limit_keys": [{"key": "a", "query_per_second": 1}]},
        {"limit_by_per_consumer": "", "limit_keys": [{"key": "*", "query_per_day": 1}]},
        {"limit_by_per_ip": "from-header-x-a", "limit_keys": [{"key": "1.1.1.0/24", "query_per_hour": 1}]}
    ]
}"#;

#[test]
fn what_is_generated_is_fresh() {
    plugin_spec::of!(RateLimiter).assert_fresh();
}

#[test]
fn what_the_schema_refuses_the_plugin_refuses() {
    plugin_spec::of!(RateLimiter).assert_agrees(&[
        include_str!("../example.yaml"),
        "{serviceName: redis.static, qpm: 5, onError: local, localWorkers: 2}",
        "{serviceName: redis.static, rule_name: 7, global_threshold: {query_per_minute: 5}}",
        OWN,
        CLUSTER_KEY,
    ]);
}
