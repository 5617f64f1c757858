use super::*;

fn text(text: &str) -> String {
    text.to_owned()
}

#[test]
fn each_form_has_the_name_that_higress_gives_its_clusters() {
    let host = None;
    let cases = [
        (Cluster::fqdn("my-svc.dns", Some(443)).unwrap(), "outbound|443||my-svc.dns", "my-svc.dns"),
        (
            Cluster::Kubernetes {
                service: text("web"),
                namespace: text(""),
                port: 80,
                version: text("v2"),
                host: host.clone(),
            },
            "outbound|80|v2|web.default.svc.cluster.local",
            "web.default.svc.cluster.local",
        ),
        (
            Cluster::Nacos {
                service: text("pay"),
                group: text("MY_GROUP"),
                namespace_id: text("public"),
                port: 8080,
                external: false,
                version: text(""),
                host: host.clone(),
            },
            "outbound|8080||pay.MY-GROUP.public.nacos",
            "pay",
        ),
        (
            Cluster::Nacos {
                service: text("pay"),
                group: text(""),
                namespace_id: text("ns"),
                port: 8080,
                external: true,
                version: text(""),
                host: Some(text("pay.example.com")),
            },
            "outbound|8080||pay.DEFAULT-GROUP.ns.nacos-ext",
            "pay.example.com",
        ),
        (
            Cluster::StaticIp { service: text("redis"), port: 80, host: host.clone() },
            "outbound|80||redis.static",
            "redis",
        ),
        (
            Cluster::Dns { service: text("auth"), domain: text("auth.example.com"), port: 443 },
            "outbound|443||auth.dns",
            "auth.example.com",
        ),
        (
            Cluster::Consul { service: text("svc"), datacenter: text("dc1"), port: 80, host },
            "outbound|80||svc.dc1.consul",
            "svc",
        ),
        (Cluster::Named { cluster: text("httpbin"), host: text("httpbin.org") }, "httpbin", "httpbin.org"),
    ];
    for (cluster, name, authority) in cases {
        assert_eq!(cluster.name().unwrap(), name);
        assert_eq!(cluster.authority(), authority);
    }
}

#[test]
fn only_static_services_have_a_default_port() {
    assert_eq!(Cluster::fqdn("a.static", None).unwrap().name().unwrap(), "outbound|80||a.static");
    assert_eq!(Cluster::fqdn("a.static", Some(0)).unwrap().name().unwrap(), "outbound|80||a.static");
    let error = Cluster::fqdn("a.dns", None).unwrap_err().to_string();
    assert!(error.contains("servicePort"), "{error}");
}

#[test]
fn a_service_is_named_in_one_way_only() {
    assert!(Service::new(None, 0, None, None).is_err());
    assert!(Service::new(Some(text("a.static")), 0, Some(text("a")), None).is_err());
    let named = Service::new(None, 0, Some(text("auth")), None).unwrap();
    assert_eq!(named.cluster().name().unwrap(), "auth");
}
