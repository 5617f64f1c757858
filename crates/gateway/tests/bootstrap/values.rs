//! What fields of the other parts become, and what stands in when they are absent.

use std::time::Duration;

use gateway::bootstrap::{
    AppendAction, Cluster, Codec, Discovery, DnsLookupFamily, LbPolicy, Output, Scheme, StripPort, UpstreamProtocol,
};

fn cluster(fields: &str) -> Cluster {
    super::accepted(&format!("static_resources: {{ clusters: [{{ name: a, {fields} }}] }}")).clusters.remove(0)
}

#[test]
fn what_is_absent_has_envoys_defaults() {
    let listener = &super::listening(
        "route_config: {}\nhttp_filters: [{ name: r, typed_config: { \"@type\": x/envoy.extensions.filters.http.router.v3.Router } }]",
    )
    .listeners[0];
    assert_eq!((listener.name.as_str(), listener.buffer_limit), ("", 1024 * 1024));
    let manager = &listener.manager;
    assert_eq!((manager.codec, manager.scheme_to_overwrite, manager.strip_port), (Codec::Auto, None, StripPort::Never));
    assert_eq!((manager.max_request_headers_kb, manager.max_headers_count), (60, 100));
    assert_eq!((manager.delayed_close_timeout, manager.http1_trailers), (Duration::from_secs(1), false));
    assert!(manager.access_logs.is_empty() && manager.upgrades.is_empty());
    let cluster = cluster("");
    assert_eq!((cluster.discovery, cluster.lb_policy), (Discovery::Static, LbPolicy::RoundRobin));
    assert_eq!((cluster.connect_timeout, cluster.dns_lookup_family), (Duration::from_secs(5), DnsLookupFamily::Auto));
    assert_eq!(cluster.protocol, UpstreamProtocol::Http1 { trailers: false });
}

#[test]
fn managers() {
    let manager = super::manager(
        "codecType: HTTP2\nscheme_header_transformation: { scheme_to_overwrite: https }\nstrip_any_host_port: true\n\
         max_request_headers_kb: '96'\ncommonHttpProtocolOptions: { maxHeadersCount: 7 }\ndelayed_close_timeout: 0.1s\n\
         http_protocol_options: { enable_trailers: true }\n\
         upgrade_configs: [{ upgrade_type: WebSocket }, { upgrade_type: other, enabled: false }]",
    );
    assert_eq!((manager.codec, manager.scheme_to_overwrite), (Codec::Http2, Some(Scheme::Https)));
    assert_eq!((manager.strip_port, manager.upgrades), (StripPort::Any, vec!["websocket".to_owned()]));
    assert_eq!((manager.max_request_headers_kb, manager.max_headers_count), (96, 7));
    assert_eq!((manager.delayed_close_timeout, manager.http1_trailers), (Duration::from_millis(100), true));
}

#[test]
fn clusters() {
    let http = |options: &str| {
        let name = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
        format!(
            "typed_extension_protocol_options: {{ {name}: {{ \"@type\": type.googleapis.com/{name}, {options} }} }}"
        )
    };
    for (fields, expected) in [
        ("http2_protocol_options: {}".to_owned(), UpstreamProtocol::Http2),
        (http("explicit_http_config: { http2_protocol_options: {} }"), UpstreamProtocol::Http2),
        (http("explicit_http_config: { http_protocol_options: {} }"), UpstreamProtocol::Http1 { trailers: false }),
        (
            http("explicitHttpConfig: { httpProtocolOptions: { enableTrailers: true } }"),
            UpstreamProtocol::Http1 { trailers: true },
        ),
    ] {
        assert_eq!(cluster(&fields).protocol, expected, "{fields}");
    }
    let limited = cluster(&http(
        "explicit_http_config: { http2_protocol_options: {} }, common_http_protocol_options: { max_headers_count: 3, max_response_headers_kb: 4 }",
    ));
    assert_eq!((limited.max_headers_count, limited.max_response_headers_kb), (Some(3), Some(4)));
}

#[test]
fn access_logs() {
    let log = |name: &str, fields: &str| {
        let manager = super::manager(&format!(
            "access_log: [{{ name: log, typed_config: {{ \"@type\": type.googleapis.com/envoy.extensions.access_loggers.{name}, {fields} }} }}]"
        ));
        let log = manager.access_logs[0].clone();
        (log.output, log.format.render("-", |it| Some(format!("<{}>", it.name))))
    };
    let format = "log_format: { text_format_source: { inline_string: \"%RESPONSE_CODE%!\\n\" } }";
    for (name, fields, output, line) in [
        (
            "file.v3.FileAccessLog",
            format!("path: /tmp/log, {format}"),
            Output::File("/tmp/log".into()),
            "<RESPONSE_CODE>!\n",
        ),
        ("file.v3.FileAccessLog", "path: /dev/stdout, format: '%DURATION%'".to_owned(), Output::Stdout, "<DURATION>"),
        ("stream.v3.StdoutAccessLog", format.to_owned(), Output::Stdout, "<RESPONSE_CODE>!\n"),
        ("stream.v3.StderrAccessLog", "log_format: { text_format: x }".to_owned(), Output::Stderr, "x"),
    ] {
        assert_eq!(log(name, &fields), (output, line.to_owned()), "{name} {fields}");
    }
}

#[test]
fn header_changes() {
    let manager = super::manager(
        r#"route_config:
  request_headers_to_add:
  - { header: { key: X-A, value: "%REQ(:path)% 100%%" } }
  - { header: { key: b, value: "" }, append: false, keep_empty_value: true }
  - { header: { key: c, value: "5" }, append_action: ADD_IF_ABSENT }
  responseHeadersToRemove: [Server]"#,
    );
    let headers = &manager.routes.headers;
    let added: Vec<_> = headers
        .request_add
        .iter()
        .map(|it| (it.name.as_str(), it.value.render("", |_| Some("/p".to_owned())), it.action, it.keep_empty_value))
        .collect();
    assert_eq!(
        added,
        [
            ("x-a", "/p 100%".to_owned(), AppendAction::AppendIfExistsOrAdd, false),
            ("b", String::new(), AppendAction::OverwriteIfExistsOrAdd, true),
            ("c", "5".to_owned(), AppendAction::AddIfAbsent, false),
        ]
    );
    assert_eq!(headers.response_remove, ["server"]);
}

#[test]
fn who_and_where() {
    let bootstrap = super::accepted(
        "node: { id: me, cluster: us, metadata: { a: [1] } }\n\
         admin: { address: { socketAddress: { protocol: TCP, address: 127.0.0.1, portValue: '9901' } } }\n\
         staticResources: {}",
    );
    assert_eq!((bootstrap.node.id.as_str(), bootstrap.node.cluster.as_str()), ("me", "us"));
    assert_eq!(serde_json::Value::Object(bootstrap.node.metadata).to_string(), r#"{"a":[1]}"#);
    assert_eq!(bootstrap.admin.map(|it| it.to_string()).as_deref(), Some("127.0.0.1:9901"));
}
