//! `--resolve`: endpoints pointed elsewhere.

use gateway::bootstrap::{Cluster, Discovery, Resolve};

const CLUSTERS: &str = r#"
static_resources:
  clusters:
  - name: httpbin
    type: STRICT_DNS
    load_assignment:
      cluster_name: httpbin
      endpoints:
      - lb_endpoints:
        - endpoint: { address: { socket_address: { address: httpbin, port_value: 80 } } }
        - endpoint: { address: { socket_address: { address: httpbin, port_value: 81 } } }
  - name: outbound|6379||redis.static
    type: STATIC
    load_assignment:
      cluster_name: redis
      endpoints:
      - lb_endpoints:
        - endpoint: { address: { socket_address: { address: "::1", port_value: 6379 } } }
"#;

fn after(resolve: &str) -> Vec<Cluster> {
    let mut clusters = super::accepted(CLUSTERS).clusters;
    resolve.parse::<Resolve>().unwrap().apply(&mut clusters).unwrap();
    clusters
}

fn addresses(clusters: &[Cluster]) -> Vec<String> {
    clusters.iter().flat_map(|it| &it.endpoints).map(|it| it.address.to_string()).collect()
}

#[test]
fn points_endpoints_elsewhere() {
    for (resolve, expected) in [
        ("httpbin:80=127.0.0.1:9", ["127.0.0.1:9", "httpbin:81", "[::1]:6379"]),
        ("HTTPBIN:81=[::1]:9", ["httpbin:80", "[::1]:9", "[::1]:6379"]),
        ("[::1]:6379=127.0.0.1:9", ["httpbin:80", "httpbin:81", "127.0.0.1:9"]),
        ("outbound|6379||redis.static:6379=127.0.0.1:9", ["httpbin:80", "httpbin:81", "127.0.0.1:9"]),
    ] {
        assert_eq!(addresses(&after(resolve)), expected, "{resolve}");
    }
}

#[test]
fn keeps_the_old_host_for_host_rewrites() {
    let clusters = after("httpbin:80=127.0.0.1:9");
    assert_eq!(clusters[0].endpoints[0].hostname.as_deref(), Some("httpbin"));
    assert_eq!(clusters[0].endpoints[1].hostname, None);
}

#[test]
fn a_name_instead_of_an_address_is_looked_up() {
    assert_eq!(after("[::1]:6379=localhost:9")[1].discovery, Discovery::StrictDns);
    assert_eq!(after("[::1]:6379=127.0.0.1:9")[1].discovery, Discovery::Static);
}

#[test]
fn about_nothing_it_names_what_there_is() {
    let mut clusters = super::accepted(CLUSTERS).clusters;
    let error = "httpbin:8080=a:1".parse::<Resolve>().unwrap().apply(&mut clusters).unwrap_err();
    assert_eq!(
        error.to_string(),
        "--resolve httpbin:8080=a:1: no cluster has an endpoint httpbin:8080; endpoints: httpbin:80 (cluster \
         `httpbin`), httpbin:81 (cluster `httpbin`), [::1]:6379 (cluster `outbound|6379||redis.static`)"
    );
}

#[test]
fn refuses_other_forms() {
    for text in ["", "a", "a=b", "a:1=b", "a:1=b:0", "a:1=b:x", ":1=b:1", "a=b:1", "a:1=:1", "a:99999=b:1"] {
        let error = text.parse::<Resolve>().unwrap_err().to_string();
        assert!(error.contains("supported: name:port=address:port"), "{text}: {error}");
    }
}
