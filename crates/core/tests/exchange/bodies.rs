//! Bodies and trailers: whole, chunk by chunk, and before the headers go on.

use super::{BUFFER, GO, STOP_ITERATION, auth};
use plugin_core::prelude::*;
use plugin_core::testing::Bench;

#[test]
fn a_body_before_headers_decides_over_the_headers() {
    plugin!(First, |request| {
        let mut request = request.collect(10).await?;
        let text = String::from_utf8_lossy(request.body()).into_owned();
        request.headers_mut().set("x-body", text)?;
        request.append_body("!")?;
        Ok(request.forward())
    });
    let bench = Bench::<First>::new("").unwrap();
    let exchange = bench.request("POST", "/", &[("content-length", "4")], false);
    assert_eq!(exchange.verdict(), STOP_ITERATION);
    assert_eq!(exchange.request_body("ab", false).verdict(), BUFFER);
    assert_eq!(exchange.request_body("cd", true).verdict(), GO);
    assert_eq!(exchange.request_header("x-body").as_deref(), Some("abcd"));
    assert_eq!(exchange.request_header("content-length").as_deref(), Some("5"));
    assert_eq!(exchange.upstream_body(), "abcd!");

    let exchange = bench.request("POST", "/", &[], false);
    exchange.request_body("ab", false).request_trailers(&[("t", "1")]);
    assert_eq!(exchange.upstream_body(), "ab!", "trailers end a body");

    let exchange = bench.request("POST", "/", &[("content-length", "11")], false);
    assert_eq!(exchange.reply().unwrap().status, 413, "refused before it is sent");
    let exchange = bench.request("POST", "/", &[], false);
    exchange.request_body("0123456789", false).request_body("0", false);
    assert_eq!(exchange.reply().unwrap().status, 413);
}

#[test]
fn a_gateway_that_keeps_the_body_back_is_found_out() {
    plugin!(First, |request| { Ok(request.collect(10).await?.forward()) });
    let bench = Bench::<First>::new("").unwrap();
    bench.set_property("request.total_size", &100_i64.to_le_bytes());
    let exchange = bench.request("POST", "/", &[], false);
    bench.advance(Duration::from_secs(5));
    assert!(exchange.reply().is_none(), "a slow client is waited for");
    bench.set_property("request.total_size", &104_i64.to_le_bytes());
    bench.advance(Duration::from_secs(1));
    assert_eq!(exchange.reply().unwrap().details, "plugin.no_body");
    let log = bench.log().join("\n");
    assert!(log.contains("allow_on_headers_stop_iteration"), "{log}");
}

#[test]
fn a_whole_body_is_held_and_a_call_may_come_between() {
    plugin!(Body, |request| {
        let mut body = request.into_editable_body(100).await?;
        let answer = auth().post("/check").body(body.bytes().to_vec()).send().await?;
        body.replace(format!("{}:{}", answer.status(), String::from_utf8_lossy(body.bytes())))?;
        Ok(body.forward())
    });
    let bench = Bench::<Body>::new("").unwrap();
    let exchange = bench.request("POST", "/", &[("content-length", "4")], false);
    assert_eq!(exchange.verdict(), GO, "the headers go on");
    assert_eq!(exchange.request_header("content-length"), None);
    assert_eq!(exchange.request_body("ab", false).verdict(), BUFFER);
    assert_eq!(exchange.request_body("abcd", true).verdict(), BUFFER);
    assert_eq!(bench.calls()[0].body, b"ababcd");
    bench.answer(0, 200, &[], "");
    assert_eq!(exchange.upstream_body(), "200:ababcd");
}

#[test]
fn chunks_pass_one_by_one_and_wait_in_the_gateways_buffer() {
    plugin!(Chunks, |request| {
        let mut chunks = request.forward_and_wait().await.into_editable_chunks()?;
        while let Some(chunk) = chunks.next().await? {
            let text = String::from_utf8_lossy(chunk.bytes()).into_owned();
            if text == "ask" {
                auth().get("/").send().await?;
            }
            chunk.replace(format!("<{text}>"))?;
        }
        Ok(chunks.forward())
    });
    let bench = Bench::<Chunks>::new("").unwrap();
    let exchange = bench.get("/");
    exchange.response(200, &[], false).response_body("a", false);
    assert_eq!((exchange.verdict(), exchange.client_body().as_str()), (GO, "<a>"));
    assert_eq!(exchange.response_body("ask", false).verdict(), BUFFER);
    assert_eq!(exchange.response_body("b", false).verdict(), BUFFER);
    assert_eq!(exchange.client_body(), "<a>");
    bench.answer(0, 200, &[], "");
    assert_eq!(exchange.client_body(), "<a><ask><b>");
    exchange.response_body("c", true);
    assert_eq!(exchange.client_body(), "<a><ask><b><c>");
}

#[test]
fn an_early_answer_ends_the_wait_for_the_request_body() {
    plugin!(Reads, |request| {
        let mut chunks = request.into_chunks();
        let mut count = 0;
        while chunks.next().await?.is_some() {
            count += 1;
        }
        let mut response = chunks.forward_and_wait().await;
        response.headers_mut().set("x-chunks", count.to_string())?;
        Ok(response.forward())
    });
    let bench = Bench::<Reads>::new("").unwrap();
    let exchange = bench.request("POST", "/", &[], false);
    exchange.request_body("a", false).response(413, &[], true);
    assert_eq!(exchange.response_header("x-chunks").as_deref(), Some("1"));
    assert_eq!(exchange.verdict(), GO);
}

#[test]
fn trailers_can_be_read_and_changed() {
    plugin!(Trailers, |request| {
        let mut chunks = request.forward_and_wait().await.into_chunks();
        if let Some(mut trailers) = chunks.trailers().await {
            let status = trailers.get("grpc-status").map(|value| value.to_string()).unwrap_or_default();
            trailers.set("x-status", status)?;
        }
        Ok(chunks.forward())
    });
    let bench = Bench::<Trailers>::new("").unwrap();
    let exchange = bench.get("/");
    exchange.response(200, &[], false).response_body("a", false);
    assert_eq!(exchange.verdict(), GO, "the body passes while trailers are awaited");
    assert_eq!(exchange.response_trailers(&[("grpc-status", "7")]).verdict(), GO);
    assert_eq!(exchange.response_trailer("x-status").as_deref(), Some("7"));
}

#[test]
fn higress_gets_a_buffer_that_the_body_fits_in() {
    plugin!(Big, |request| { Ok(request.into_body(1 << 20).await?.forward()) });
    let bench = Bench::<Big>::new("").unwrap();
    bench.be_higress();
    let exchange = bench.request("POST", "/", &[], false);
    assert_eq!(bench.property("set_decoder_buffer_limit").as_deref(), Some("1048576"));
    exchange.request_body("a", true);
    assert_eq!(exchange.upstream_body(), "a");
}

#[test]
fn a_held_body_does_not_slip_past_when_the_upstream_answers_early() {
    plugin!(Scans, |request| {
        let body = request.into_body(100).await?;
        Ok(body.forward())
    });
    let bench = Bench::<Scans>::new("").unwrap();
    bench.set_property("response.code_details", b"via_upstream");
    let exchange = bench.request("POST", "/", &[], false);
    exchange.request_body("evil ", false).response(200, &[], false);
    assert_eq!(exchange.reply().unwrap().details, "plugin.closed");
    assert_eq!(exchange.upstream_body(), "");
}

#[test]
fn a_tunnel_has_no_whole_body() {
    plugin!(Reads, |request| { Ok(request.into_body(100).await?.forward()) });
    let bench = Bench::<Reads>::new("").unwrap();
    let exchange = bench.request("GET", "/", &[("upgrade", "websocket")], false);
    assert_eq!(exchange.reply().unwrap().details, "plugin.no_body");
}
