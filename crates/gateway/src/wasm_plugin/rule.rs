//! One entry of `matchRules`, and the rule that the plugin gets for it.

use serde_json::{Map, Value};

use crate::bootstrap::document::Message;

/// The rule for an entry; `None` for one that is switched off or faulty.
///
/// The conditions are written into the rule's own configuration, over keys of the same name. An entry that is switched
/// off is left out, so its requests fall through to later rules and to the default, as on Higress: the plugin is not
/// switched off for them.
pub(super) fn read(entry: &Message<'_>) -> Option<Value> {
    let texts = |name| entry.get(name).map(|it| it.texts()).unwrap_or_default();
    let (ingress, service, domain) = (texts("ingress"), texts("service"), texts("domain"));
    let disabled = entry.get("configDisable").is_some_and(|it| it.flag());
    let grpc = entry.get("routeType").filter(|it| it.one_of(&[("HTTP", false), ("GRPC", true)]));
    let mut rule = entry.get("config").map(|it| it.json_object()).unwrap_or_default();
    if disabled {
        return None;
    }
    if ingress.is_empty() && service.is_empty() && domain.is_empty() {
        let needed = "one of `ingress`, `domain`, `service` is needed; Higress would not load the plugin at all";
        entry.node().fault(needed);
        return None;
    }
    if let Some(grpc) = grpc {
        grpc.warn("makes Higress match a route that is named GRPC, whatever `ingress` says; so does this gateway");
        put(&mut rule, "_match_route_", ingress.iter().map(|_| "GRPC".to_owned()).collect());
    } else {
        put(&mut rule, "_match_route_", ingress);
    }
    put(&mut rule, "_match_service_", service);
    put(&mut rule, "_match_domain_", domain);
    Some(Value::Object(rule))
}

fn put(rule: &mut Map<String, Value>, key: &str, texts: Vec<String>) {
    if !texts.is_empty() {
        rule.insert(key.to_owned(), texts.into());
    }
}
