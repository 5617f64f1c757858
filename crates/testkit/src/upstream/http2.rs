//! The upstream's HTTP/2 in clear text, on the `h2` crate and a runtime of one thread.

use std::future::pending;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};

use super::record::{Record, Seen};
use super::{Answer, Cut, Fault};
use crate::body::Piece;
use crate::client::{from_header_map, to_header_map};
use crate::headers::Headers;

pub(super) fn serve(listener: TcpListener, record: &Arc<Record>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime of one thread");
    // Dropping the runtime afterwards drops every connection with it.
    runtime.block_on(async {
        listener.set_nonblocking(true).expect("a non-blocking listener");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        while let Ok((stream, _)) = listener.accept().await {
            if record.is_stopped() {
                return;
            }
            record.connections.fetch_add(1, Ordering::Relaxed);
            let record = Arc::clone(record);
            tokio::spawn(async move {
                let Ok(mut connection) = h2::server::handshake(stream).await else {
                    return;
                };
                while let Some(Ok((request, respond))) = connection.accept().await {
                    tokio::spawn(exchange(request, respond, Arc::clone(&record)));
                }
            });
        }
    });
}

async fn exchange(request: http::Request<RecvStream>, mut respond: SendResponse<Bytes>, record: Arc<Record>) {
    record.started.fetch_add(1, Ordering::Relaxed);
    let (parts, mut incoming) = request.into_parts();
    let mut headers = Headers::new();
    if let Some(authority) = parts.uri.authority() {
        headers.add("host", authority.as_str());
    }
    from_header_map(&parts.headers, &mut headers);
    let mut seen = Seen {
        method: parts.method.to_string(),
        path: parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        headers,
        body: Vec::new(),
        trailers: Headers::new(),
        complete: false,
        at: Instant::now(),
    };
    if read(&mut incoming, &mut seen).await.is_err() {
        record.add(seen);
        return;
    }
    seen.complete = true;
    let answer = record.answer(seen);
    if answer.raw.is_some() {
        eprintln!("`Answer::raw` has no meaning under HTTP/2: use `Upstream::start`");
        record.panicked.store(true, Ordering::Relaxed);
    }
    // An error means that the gateway has dropped the stream: nobody is left to be told.
    let _ = play(&answer, &mut respond).await;
}

async fn read(incoming: &mut RecvStream, seen: &mut Seen) -> Result<(), h2::Error> {
    while let Some(data) = incoming.data().await {
        let data = data?;
        seen.body.extend_from_slice(&data);
        incoming.flow_control().release_capacity(data.len())?;
    }
    if let Some(trailers) = incoming.trailers().await? {
        from_header_map(&trailers, &mut seen.trailers);
    }
    Ok(())
}

async fn play(answer: &Answer, respond: &mut SendResponse<Bytes>) -> Result<(), h2::Error> {
    sleep(answer.delay).await;
    if let Some((Cut::BeforeHead | Cut::InHead, fault)) = &answer.fault {
        match fault {
            Fault::Hang => pending().await,
            Fault::Reset | Fault::Close => respond.send_reset(Reason::INTERNAL_ERROR),
        }
        return Ok(());
    }
    let mut head = http::Response::new(());
    *head.status_mut() = http::StatusCode::from_u16(answer.status).expect("a status of three digits");
    *head.headers_mut() = to_header_map(&answer.headers);
    let whole = answer.body.len() == 0 && answer.trailers.is_empty() && answer.fault.is_none();
    let mut stream = respond.send_response(head, whole)?;
    if whole {
        return Ok(());
    }
    match &answer.fault {
        Some((Cut::InBody(bytes), fault)) => {
            pieces(&answer.body.first(*bytes).pieces, &mut stream).await?;
            // Let the data out before the reset overtakes it.
            sleep(Duration::from_millis(20)).await;
            match fault {
                Fault::Hang => pending().await,
                Fault::Reset | Fault::Close => stream.send_reset(Reason::INTERNAL_ERROR),
            }
        }
        _ => {
            pieces(&answer.body.pieces, &mut stream).await?;
            if answer.trailers.is_empty() {
                stream.send_data(Bytes::new(), true)?;
            } else {
                stream.send_trailers(to_header_map(&answer.trailers))?;
            }
        }
    }
    Ok(())
}

async fn pieces(pieces: &[Piece], stream: &mut SendStream<Bytes>) -> Result<(), h2::Error> {
    for piece in pieces {
        match piece {
            Piece::Data(data) => stream.send_data(Bytes::copy_from_slice(data), false)?,
            Piece::Pause(time) => sleep(*time).await,
        }
    }
    Ok(())
}

async fn sleep(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}
