//! The upstream's HTTP/1.1: framed by hand, because tests need faults that a proper server refuses to make.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::record::{Record, Seen};
use super::{Answer, Cut, Fault};
use crate::body::{Body, Piece, chunk};
use crate::broken::Broken;
use crate::headers::Headers;
use crate::message::{Framing, parse_request};
use crate::wire::Wire;

/// No connection of a test lives longer.
const CONNECTION_LIFE: Duration = Duration::from_secs(60);

/// A reset throws away what the peer has not read yet: this long it may read what was sent before.
const BEFORE_RESET: Duration = Duration::from_millis(20);

pub(super) fn serve(listener: &TcpListener, record: &Arc<Record>) {
    for stream in listener.incoming() {
        if record.is_stopped() {
            return;
        }
        if let Ok(stream) = stream {
            let record = Arc::clone(record);
            std::thread::spawn(move || connection(stream, &record));
        }
    }
}

fn connection(stream: TcpStream, record: &Record) {
    let id = record.opened(&stream);
    let mut wire = Wire::new(stream, Instant::now() + CONNECTION_LIFE);
    let ending = exchanges(&mut wire, record);
    match ending {
        Ok(Some(Fault::Reset)) => {
            record.sleep(BEFORE_RESET);
            wire.reset_on_close();
        }
        Ok(Some(Fault::Hang)) => wire.drain(),
        Ok(Some(Fault::Close) | None) | Err(_) => {}
    }
    record.closed(id);
}

/// Answers one request after the other; `Some` says how an answer wants the connection to end.
fn exchanges(wire: &mut Wire, record: &Record) -> Result<Option<Fault>, Broken> {
    while let Some(head) = wire.head()? {
        record.started.fetch_add(1, Ordering::Relaxed);
        let (method, path, headers) = parse_request(&head)?;
        let mut seen = Seen {
            method,
            path,
            headers,
            body: Vec::new(),
            trailers: Headers::new(),
            complete: false,
            at: Instant::now(),
        };
        let framing = Framing::of_request(&seen.headers);
        if let Err(broken) = wire.body(framing, &mut seen.body, &mut seen.trailers) {
            record.add(seen);
            return Err(broken);
        }
        seen.complete = true;
        let is_head = seen.method == "HEAD";
        let answer = record.answer(seen);
        if let Some(fault) = play(&answer, is_head, wire, record)? {
            return Ok(Some(fault));
        }
    }
    Ok(None)
}

fn play(answer: &Answer, is_head: bool, wire: &mut Wire, record: &Record) -> Result<Option<Fault>, Broken> {
    if !answer.delay.is_zero() && !record.sleep(answer.delay) {
        return Ok(Some(Fault::Close));
    }
    if let Some(raw) = &answer.raw {
        wire.write(raw)?;
        return Ok(Some(Fault::Close));
    }
    let bodiless = is_head || answer.status == 204 || answer.status == 304;
    let chunked = !answer.headers.contains("content-length")
        && (answer.body.streamed || !answer.trailers.is_empty() || answer.headers.contains("transfer-encoding"));
    let head = head(answer, chunked);
    match &answer.fault {
        Some((Cut::BeforeHead, fault)) => Ok(Some(*fault)),
        Some((Cut::InHead, fault)) => {
            wire.write(&head[..head.len() / 2])?;
            Ok(Some(*fault))
        }
        Some((Cut::InBody(bytes), fault)) => {
            wire.write(&head)?;
            body(&answer.body.first(*bytes), chunked, wire, record)?;
            Ok(Some(*fault))
        }
        None => {
            wire.write(&head)?;
            if !bodiless {
                body(&answer.body, chunked, wire, record)?;
                if chunked {
                    wire.write(&end_of_chunks(&answer.trailers))?;
                }
            }
            Ok(None)
        }
    }
}

fn head(answer: &Answer, chunked: bool) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} testkit\r\n", answer.status).into_bytes();
    let mut headers = answer.headers.clone();
    if chunked && !headers.contains("transfer-encoding") {
        headers.add("transfer-encoding", "chunked");
    } else if !chunked && answer.status != 204 && answer.status != 304 && !headers.contains("content-length") {
        headers.add("content-length", answer.body.len().to_string());
    }
    headers.write_to(&mut head);
    head.extend_from_slice(b"\r\n");
    head
}

fn body(body: &Body, chunked: bool, wire: &mut Wire, record: &Record) -> Result<(), Broken> {
    for piece in &body.pieces {
        match piece {
            Piece::Data(data) if chunked => wire.write(&chunk(data))?,
            Piece::Data(data) => wire.write(data)?,
            Piece::Pause(time) => {
                if !record.sleep(*time) {
                    return Err(Broken::Closed);
                }
            }
        }
    }
    Ok(())
}

fn end_of_chunks(trailers: &Headers) -> Vec<u8> {
    let mut out = b"0\r\n".to_vec();
    trailers.write_to(&mut out);
    out.extend_from_slice(b"\r\n");
    out
}
