//! OAuth 2.0's client credentials, against a small real token endpoint and an upstream that checks the tokens.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test that panics is a test that fails")]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use testkit::{Answer, Gateway, Plugin, RunningGateway, Seen, Upstream};

const ID: &str = "client:1";
const SECRET: &str = "s3cr3t/ü+%";

/// Tokens in force, by when they end.
#[derive(Clone, Default)]
struct Issued(Arc<Mutex<BTreeMap<String, Instant>>>);

impl Issued {
    fn issue(&self, lifetime: Duration) -> String {
        let mut tokens = self.0.lock().expect("no test panicked");
        let token = format!("s3cr3t-{}", tokens.len());
        tokens.insert(token.clone(), Instant::now() + lifetime);
        token
    }

    fn is_valid(&self, token: &str) -> bool {
        self.0.lock().expect("no test panicked").get(token).is_some_and(|end| Instant::now() < *end)
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next().expect("a digit"), rest.next().expect("a digit")];
                let digits = std::str::from_utf8(&digits).expect("digits");
                bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
            }
            b'+' => bytes.push(b' '),
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

fn form(seen: &Seen) -> BTreeMap<String, String> {
    let pairs = seen.text().split('&').map(|pair| pair.split_once('=').expect("name=value"));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

fn base64_decode(text: &str) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = 0_u32;
    let mut bytes = Vec::new();
    for (index, letter) in text.trim_end_matches('=').bytes().enumerate() {
        bits = bits << 6 | u32::try_from(letters.iter().position(|l| *l == letter).expect("base64")).expect("small");
        if index % 4 > 0 {
            bytes.push((bits >> (6 - 2 * (index % 4))) as u8);
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// The client's credentials, from where RFC 6749 (section 2.3.1) lets them stand.
fn credentials(seen: &Seen) -> Option<(String, String)> {
    if let Some(basic) = seen.header_text("authorization").and_then(|value| value.strip_prefix("Basic ")) {
        let decoded = base64_decode(basic);
        let (id, secret) = decoded.split_once(':')?;
        return Some((decode(id), decode(secret)));
    }
    let mut form = form(seen);
    Some((form.remove("client_id")?, form.remove("client_secret")?))
}

/// A token endpoint whose tokens live as long as it says.
fn token_endpoint(issued: &Issued, lifetime: Duration) -> Upstream {
    let issued = issued.clone();
    Upstream::start(move |seen| {
        let is_form = seen.header_text("content-type") == Some("application/x-www-form-urlencoded");
        if (&*seen.method, &*seen.path, is_form) != ("POST", "/oauth2/token", true) {
            return Answer::status(400).body(r#"{"error":"invalid_request"}"#);
        }
        if credentials(seen) != Some((ID.to_owned(), SECRET.to_owned())) {
            return Answer::status(401).body(r#"{"error":"invalid_client"}"#);
        }
        if form(seen).get("grant_type").map(String::as_str) != Some("client_credentials") {
            return Answer::status(400).body(r#"{"error":"unsupported_grant_type"}"#);
        }
        let token = issued.issue(lifetime);
        Answer::json(&json!({"access_token": token, "token_type": "Bearer", "expires_in": lifetime.as_secs()}))
    })
}

/// An upstream that wants a token in force.
fn protected(issued: &Issued) -> Upstream {
    let issued = issued.clone();
    Upstream::start(move |seen| {
        let token = seen.header_text("authorization").and_then(|value| value.strip_prefix("Bearer "));
        match token.is_some_and(|token| issued.is_valid(token)) {
            true => Answer::ok("hi"),
            false => Answer::status(401),
        }
    })
}

fn start(oauth2: Value, endpoint: &Upstream, upstream: &Upstream) -> RunningGateway {
    let config =
        json!({"serviceName": "idp.static", "requestPath": "/oauth2/token", "timeoutMs": 2_000, "oauth2": oauth2});
    let plugin = Plugin::new("token-fetcher").config(&config).env("SECRET", SECRET);
    Gateway::new().with(plugin).cluster("outbound|80||idp.static", endpoint).upstream(upstream).start()
}

#[testkit::scenario]
fn the_client_is_known_by_header_or_by_form() {
    for auth in ["basic", "body"] {
        let issued = Issued::default();
        let (endpoint, upstream) = (token_endpoint(&issued, Duration::from_secs(60)), protected(&issued));
        let oauth2 = json!({"clientId": ID, "clientSecret": "${env.SECRET}", "auth": auth});
        let gateway = start(oauth2, &endpoint, &upstream);
        let reply = gateway.get("/").header("authorization", "Bearer s3cr3t-forged").send();
        assert_eq!((reply.status, reply.text()), (200, "hi"), "{auth} {gateway:?}");
        let asked = endpoint.last();
        assert_eq!(asked.header_text("accept"), Some("application/json"));
        assert_eq!(asked.headers.contains("authorization"), auth == "basic");
        assert_eq!(form(&asked).contains_key("client_secret"), auth == "body");
    }
}

#[testkit::scenario]
fn scope_audience_resource_and_what_else_the_server_wants() {
    let issued = Issued::default();
    let (endpoint, upstream) = (token_endpoint(&issued, Duration::from_secs(60)), protected(&issued));
    let oauth2 = json!({
        "clientId": ID, "clientSecret": SECRET, "scope": "read write", "audience": "https://api.example/a?b&c",
        "resource": "urn:${request.host}", "params": {"tenant": "é"},
    });
    let gateway = start(oauth2, &endpoint, &upstream);
    assert_eq!(gateway.get("/").header("host", "shop.example").send().text(), "hi");
    let form = form(&endpoint.last());
    let expected = [
        ("audience", "https://api.example/a?b&c"),
        ("grant_type", "client_credentials"),
        ("resource", "urn:shop.example"),
        ("scope", "read write"),
        ("tenant", "é"),
    ];
    assert!(form.iter().map(|(name, value)| (&**name, &**value)).eq(expected), "{form:?}");
}

#[testkit::scenario]
fn a_wrong_secret_is_refused_and_told_without_it() {
    let issued = Issued::default();
    let (endpoint, upstream) = (token_endpoint(&issued, Duration::from_secs(60)), protected(&issued));
    let gateway = start(json!({"clientId": ID, "clientSecret": "s3cr3t-wrong"}), &endpoint, &upstream);
    assert_eq!(gateway.get("/").send().text(), "http call failed");
    assert!(gateway.log_contains("status 401"), "{gateway:?}");
    assert_eq!(upstream.started(), 0);
}

#[testkit::scenario]
fn a_token_is_renewed_before_it_runs_out() {
    let issued = Issued::default();
    let (endpoint, upstream) = (token_endpoint(&issued, Duration::from_secs(3)), protected(&issued));
    let gateway = start(json!({"clientId": ID, "clientSecret": SECRET}), &endpoint, &upstream);
    let mut connection = gateway.connect();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(8) {
        assert_eq!(connection.send(&gateway.get("/")).status, 200, "{gateway:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!((3..=8).contains(&endpoint.count()), "{} tokens of three seconds in eight", endpoint.count());
}
