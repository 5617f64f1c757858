//! The response that a plugin's answer becomes: what a gateway adds, and what gRPC clients get instead.

use super::Message;
use crate::headers::Headers;
use crate::stream::LocalReply;

/// What an answer has to know about the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    grpc: bool,
    head: bool,
}

impl Asked {
    pub(crate) fn by(headers: &Headers) -> Self {
        let kind = headers.get(b"content-type").unwrap_or_default();
        let after = kind.strip_prefix(b"application/grpc");
        Self {
            // Not application/grpc-web, which is a protocol of its own.
            grpc: after.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';'))),
            head: headers.get(b":method") == Some(b"HEAD"),
        }
    }
}

pub(crate) fn response(reply: LocalReply, asked: Asked) -> Vec<Message> {
    let mut headers = Headers::default();
    if asked.grpc {
        return vec![Message::Headers { headers: trailers_only(reply), end: true }];
    }
    headers.add(b":status", reply.status.to_string().as_bytes());
    for (name, value) in reply.headers.iter() {
        headers.add(name, value);
    }
    headers.remove(b"content-length");
    if !reply.body.is_empty() {
        headers.add(b"content-length", reply.body.len().to_string().as_bytes());
        if headers.get(b"content-type").is_none() {
            headers.add(b"content-type", b"text/plain");
        }
    }
    let end = reply.body.is_empty() || asked.head;
    let mut messages = vec![Message::Headers { headers, end }];
    if !end {
        messages.push(Message::Data { bytes: reply.body, end: true });
    }
    messages
}

/// gRPC clients look at headers that are trailers at once; the body becomes the message.
pub(crate) fn trailers_only(reply: LocalReply) -> Headers {
    let mut headers: Headers = [(":status", "200"), ("content-type", "application/grpc")].into_iter().collect();
    let code = reply.grpc_status.unwrap_or_else(|| grpc_status(reply.status));
    headers.add(b"grpc-status", code.to_string().as_bytes());
    if !reply.body.is_empty() {
        headers.add(b"grpc-message", percent_encoded(&reply.body).as_bytes());
    }
    for (name, value) in reply.headers.iter().filter(|(name, _)| *name != b"content-type") {
        headers.add(name, value);
    }
    headers
}

/// The mapping that gRPC prescribes.
pub(crate) fn grpc_status(http: u32) -> i32 {
    match http {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502 | 503 | 504 => 14,
        _ => 2,
    }
}

fn percent_encoded(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            b' '..=b'$' | b'&'..=b'~' => char::from(*byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Asked {
        Asked::by(&pairs.iter().copied().collect())
    }

    fn reply() -> LocalReply {
        LocalReply { status: 403, body: b"no, 100%\n".to_vec(), ..LocalReply::default() }
    }

    #[test]
    fn a_body_gets_its_length_and_a_type() {
        let messages = response(reply(), asked(&[(":method", "GET")]));
        let headers =
            [(":status", "403"), ("content-length", "9"), ("content-type", "text/plain")].into_iter().collect();
        let data = Message::Data { bytes: b"no, 100%\n".to_vec(), end: true };
        assert_eq!(messages, [Message::Headers { headers, end: false }, data]);
    }

    #[test]
    fn head_requests_get_the_headers_alone() {
        let messages = response(reply(), asked(&[(":method", "HEAD")]));
        assert!(
            matches!(&messages[..], [Message::Headers { headers, end: true }] if headers.len() == 3),
            "{messages:?}"
        );
    }

    #[test]
    fn grpc_clients_get_a_status_they_understand() {
        for (kind, grpc) in
            [("application/grpc", true), ("application/grpc+proto", true), ("application/grpc-web", false)]
        {
            let messages = response(reply(), asked(&[("content-type", kind)]));
            let [Message::Headers { headers, .. }, ..] = &messages[..] else { panic!("{messages:?}") };
            let status = headers.get(b"grpc-status");
            assert_eq!(status, grpc.then_some(&b"7"[..]), "{kind}");
            assert_eq!(headers.get(b"grpc-message"), grpc.then_some(&b"no, 100%25%0A"[..]), "{kind}");
        }
        let messages = response(LocalReply { grpc_status: Some(8), ..reply() }, Asked { grpc: true, head: false });
        assert!(
            matches!(&messages[..], [Message::Headers { headers, end: true }] if headers.get(b"grpc-status") == Some(b"8"))
        );
    }
}
