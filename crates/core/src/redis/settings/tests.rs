use crate::config::{from_node, parse};
use crate::redis::{Redis, Settings};
use std::time::Duration;

fn read(text: &str) -> Result<Redis, String> {
    from_node(&parse(text.as_bytes()).unwrap()).map_err(|faults| faults.to_string())
}

#[test]
fn the_port_has_higress_s_defaults() {
    for (text, cluster) in [
        (r#"{"serviceName": "redis.static"}"#, "outbound|80||redis.static"),
        (r#"{"serviceName": "redis.static", "servicePort": 6380}"#, "outbound|6380||redis.static"),
        (r#"{"serviceName": "redis.dns", "servicePort": 0}"#, "outbound|6379||redis.dns"),
        (r#"{"serviceName": "r.DEFAULT-GROUP.public.nacos"}"#, "outbound|6379||r.DEFAULT-GROUP.public.nacos"),
        (r#"{"service_name": "r.ns.svc.cluster.local", "service_port": 1}"#, "outbound|1||r.ns.svc.cluster.local"),
        (r#"{"cluster": "redis"}"#, "redis"),
    ] {
        assert_eq!(read(text).unwrap().cluster().name().unwrap(), cluster, "{text}");
    }
    let made = Redis::service("redis.dns", None, Settings::default()).unwrap();
    assert_eq!(made.cluster().name().unwrap(), "outbound|6379||redis.dns");
}

#[test]
fn the_timeout_is_a_second_unless_given() {
    for (timeout, ms) in
        [("", 1000), (r#", "timeout": 0"#, 1000), (r#", "timeout": 30"#, 30), (r#", "timeout": 5.0"#, 5)]
    {
        let redis = read(&format!(r#"{{"serviceName": "r.dns"{timeout}}}"#)).unwrap();
        assert_eq!(redis.timeout(), Duration::from_millis(ms), "{timeout}");
    }
    let redis = read(r#"{"serviceName": "r.dns"}"#).unwrap();
    assert_eq!(redis.with_timeout(Duration::ZERO).timeout(), Duration::from_millis(1));
}

#[test]
fn faults_say_where_and_what() {
    for (text, faults) in [
        ("{}", "$: missing `serviceName`, the service's name with its type, such as `redis.static`"),
        (r#"{"serviceName": "r.dns", "cluster": "r"}"#, "$: give `serviceName` or `cluster`, not both"),
        (r#"{"cluster": "r?db=1"}"#, "$: the name of the service must not contain `?`"),
        (
            r#"{"serviceName": "r.dns", "servicePort": 70000, "timeout": -1, "database": "x", "pasword": "s3cr3t"}"#,
            "$.servicePort: found 70000, allowed: a whole number from 0 to 65535\n\
             $.timeout: found -1, allowed: a whole number from 0 to 4294967295\n\
             $.database: found \"x\", allowed: a whole number from 0 to 4294967295\n\
             $: unknown key `pasword`; did you mean `password`? known keys: `serviceName`, `service_name`, \
             `servicePort`, `service_port`, `cluster`, `username`, `password`, `timeout`, `database`",
        ),
    ] {
        assert_eq!(read(text).unwrap_err(), faults, "{text}");
    }
    let fault = read(r#"{"serviceName": "r.dns", "password": ["s3cr3t"]}"#).unwrap_err();
    assert!(fault.starts_with("$.password: ") && !fault.contains("s3cr3t"), "{fault}");
}

#[test]
fn a_login_may_be_written_as_a_number() {
    let redis = read(r#"{"serviceName": "r.dns", "username": 1, "password": 123456}"#).unwrap();
    assert!(format!("{redis:?}").contains("password: \"given\""));
    for number in ["12345678901234567", "1.5", "-1e300"] {
        let fault = read(&format!(r#"{{"serviceName": "r.dns", "password": {number}}}"#)).unwrap_err();
        assert!(fault.contains("allowed: a string in quotes") && !fault.contains(number), "{fault}");
    }
}

#[test]
fn nothing_shows_the_password() {
    let redis = read(r#"{"serviceName": "r.dns", "username": "ann", "password": "s3cr3t", "database": 3}"#).unwrap();
    let shown = format!("{redis:?} {redis:#?}");
    assert!(shown.contains("password: \"given\"") && shown.contains("database: 3"), "{shown}");
    assert!(!shown.contains("s3cr3t"), "{shown}");
}
