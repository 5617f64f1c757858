//! The built module in a gateway.

use serde_json::json;
use testkit::Plugin;

/// Stock Envoy has no Redis for plugins; only Higress does.
#[test]
fn stock_envoy_refuses_it() {
    let plugin = Plugin::new("rate-limiter").config(&json!({"serviceName": "redis.static", "qpm": 10}));
    testkit::refused_by_envoy(plugin, "proxy_redis_init");
}
