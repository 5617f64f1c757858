//! The phase machine, step by step, as a gateway's documentation tells it.

use super::half::{Due, Half, Step};
use super::pass::Pass;
use super::status::{DataStatus, HeaderStatus};
use crate::abi::Direction;
use crate::headers::Headers;

const LIMIT: usize = 10;
const WAY: Direction = Direction::Request;

fn headers() -> Headers {
    [(":path", "/")].into_iter().collect()
}

fn call(due: Due) -> Option<Step> {
    Some(Step::Call(due))
}

fn passed_headers(end: bool) -> Option<Step> {
    Some(Step::Pass(Pass::Headers { direction: WAY, headers: headers(), end }))
}

fn passed(bytes: &[u8], end: bool) -> Option<Step> {
    Some(Step::Pass(Pass::Data { direction: WAY, bytes: bytes.to_vec(), end }))
}

fn watermark(full: bool) -> Option<Step> {
    Some(Step::Pass(Pass::Watermark { direction: WAY, full }))
}

/// A half whose header callback has been answered.
fn begun(status: HeaderStatus) -> Half {
    let mut half = Half::new(WAY);
    half.arrive_headers(headers(), false);
    assert_eq!(half.poll(), call(Due::Headers { end: false }));
    half.after_headers(status);
    half
}

fn data(half: &mut Half, bytes: &[u8], end: bool, seen: usize, status: DataStatus) {
    half.arrive_data(bytes, end, LIMIT);
    assert_eq!(half.poll(), call(Due::Body { size: seen, end }));
    half.after_data(status, LIMIT);
}

#[test]
fn what_continues_goes_on_at_once_and_is_gone_for_the_plugin() {
    let mut half = begun(HeaderStatus::Continue);
    assert_eq!(half.poll(), passed_headers(false));
    assert_eq!(half.headers(), None);
    data(&mut half, b"abc", true, 3, DataStatus::Continue);
    assert_eq!(half.poll(), passed(b"abc", true));
    assert_eq!(half.body(), None);
    assert_eq!(half.poll(), None);
}

#[test]
fn headers_that_end_the_message_end_it_after_a_pause_too() {
    let mut half = Half::new(WAY);
    half.arrive_headers(headers(), true);
    assert_eq!(half.poll(), call(Due::Headers { end: true }));
    half.after_headers(HeaderStatus::StopAllAndWatermark);
    assert_eq!(half.poll(), None);
    half.resume();
    assert_eq!(half.poll(), passed_headers(true));
    assert_eq!(half.poll(), None);
}

#[test]
fn stop_iteration_shows_the_body_while_headers_can_still_be_written() {
    let mut half = begun(HeaderStatus::StopIteration);
    data(&mut half, b"ab", false, 2, DataStatus::StopAndBuffer);
    assert_eq!(half.poll(), None);
    half.arrive_data(b"cd", true, LIMIT);
    assert_eq!(half.poll(), call(Due::Body { size: 4, end: true }));
    assert_eq!(half.body(), Some(&b"abcd"[..]));
    assert!(half.headers_mut().is_some());
    half.after_data(DataStatus::Continue, LIMIT);
    assert_eq!(half.poll(), passed_headers(false));
    assert_eq!(half.poll(), passed(b"abcd", true));
    assert_eq!(half.poll(), None);
}

#[test]
fn stop_all_shows_the_body_only_after_the_resume() {
    let mut half = begun(HeaderStatus::StopAllAndWatermark);
    half.arrive_data(b"ab", false, LIMIT);
    half.arrive_data(b"cd", true, LIMIT);
    assert_eq!(half.poll(), None);
    half.resume();
    assert_eq!(half.poll(), passed_headers(false));
    assert_eq!(half.poll(), call(Due::Body { size: 4, end: true }));
    half.after_data(DataStatus::Continue, LIMIT);
    assert_eq!(half.poll(), passed(b"abcd", true));
}

#[test]
fn a_buffer_over_its_limit_is_refused_and_everything_ends() {
    let mut half = begun(HeaderStatus::StopAllAndBuffer);
    half.arrive_data(&[0; LIMIT], false, LIMIT);
    assert_eq!(half.poll(), None);
    half.arrive_data(b"x", false, LIMIT);
    assert_eq!(half.poll(), Some(Step::TooLarge));
    half.resume();
    half.arrive_data(b"x", true, LIMIT);
    assert_eq!(half.poll(), None);
}

#[test]
fn a_body_buffered_by_its_own_callback_is_refused_over_the_limit() {
    let mut half = begun(HeaderStatus::Continue);
    assert_eq!(half.poll(), passed_headers(false));
    data(&mut half, &[0; LIMIT], false, LIMIT, DataStatus::StopAndBuffer);
    half.arrive_data(b"x", false, LIMIT);
    assert_eq!(half.poll(), Some(Step::TooLarge));
    assert_eq!(half.poll(), None);
}

#[test]
fn a_watermark_stops_the_sender_and_nothing_is_lost() {
    let mut half = begun(HeaderStatus::StopAllAndWatermark);
    half.arrive_data(&[0; LIMIT], false, LIMIT);
    half.arrive_data(b"x", false, LIMIT);
    half.arrive_data(b"y", true, LIMIT);
    assert_eq!(half.poll(), watermark(true));
    assert_eq!(half.poll(), None);
    half.resume();
    assert_eq!(half.poll(), passed_headers(false));
    assert_eq!(half.poll(), watermark(false));
    assert_eq!(half.poll(), call(Due::Body { size: LIMIT + 2, end: true }));
}

#[test]
fn a_watermarked_body_shows_each_piece_alone() {
    let mut half = begun(HeaderStatus::Continue);
    assert_eq!(half.poll(), passed_headers(false));
    data(&mut half, b"ab", false, 2, DataStatus::StopAndWatermark);
    data(&mut half, b"cde", true, 3, DataStatus::Continue);
    assert_eq!(half.poll(), passed(b"abcde", true));
}

#[test]
fn what_is_not_buffered_is_dropped_but_the_end_still_comes() {
    let mut half = begun(HeaderStatus::Continue);
    assert_eq!(half.poll(), passed_headers(false));
    data(&mut half, b"ab", true, 2, DataStatus::StopNoBuffer);
    assert_eq!(half.poll(), None);
    half.resume();
    assert_eq!(half.poll(), passed(b"", true));
}

#[test]
fn what_stops_being_buffered_shows_each_piece_alone_again() {
    let mut half = begun(HeaderStatus::Continue);
    assert_eq!(half.poll(), passed_headers(false));
    data(&mut half, b"ab", false, 2, DataStatus::StopAndBuffer);
    data(&mut half, b"c", false, 3, DataStatus::StopNoBuffer);
    data(&mut half, b"d", true, 1, DataStatus::Continue);
}

#[test]
fn trailers_do_not_follow_an_injected_end() {
    let mut half = begun(HeaderStatus::Continue);
    assert_eq!(half.poll(), passed_headers(false));
    data(&mut half, b"ab", false, 2, DataStatus::StopNoBuffer);
    half.inject(b"new".to_vec(), true);
    assert_eq!(half.poll(), passed(b"new", true));
    half.arrive_trailers(headers());
    assert_eq!(half.poll(), call(Due::Trailers));
    half.after_trailers(true);
    assert_eq!(half.poll(), None);
}

#[test]
fn a_body_that_outgrew_its_buffer_may_still_be_looked_at() {
    let mut half = begun(HeaderStatus::Continue);
    assert_eq!(half.poll(), passed_headers(false));
    data(&mut half, &[0; LIMIT], false, LIMIT, DataStatus::StopAndBuffer);
    half.arrive_data(b"x", false, LIMIT);
    assert_eq!(half.poll(), Some(Step::TooLarge));
    half.stop();
    assert_eq!(half.body().map(<[u8]>::len), Some(LIMIT + 1));
    half.close();
    assert_eq!(half.body(), None);
}

#[test]
fn injected_bytes_pass_what_is_held() {
    let mut half = begun(HeaderStatus::StopIteration);
    data(&mut half, b"ab", true, 2, DataStatus::StopNoBuffer);
    half.inject(b"new".to_vec(), true);
    assert_eq!(half.poll(), passed_headers(false));
    assert_eq!(half.poll(), passed(b"new", true));
    half.resume();
    assert_eq!(half.poll(), None);
}

#[test]
fn trailers_let_go_of_the_body_before_them() {
    let mut half = begun(HeaderStatus::StopIteration);
    data(&mut half, b"ab", false, 2, DataStatus::StopAndBuffer);
    half.arrive_trailers(headers());
    assert_eq!(half.poll(), call(Due::Trailers));
    half.after_trailers(true);
    assert_eq!(half.poll(), passed_headers(false));
    assert_eq!(half.poll(), passed(b"ab", false));
    assert_eq!(half.poll(), Some(Step::Pass(Pass::Trailers { direction: WAY, trailers: headers() })));
    assert_eq!(half.poll(), None);
}

#[test]
fn trailers_that_arrived_during_a_full_stop_are_shown_after_the_body() {
    let mut half = begun(HeaderStatus::StopAllAndBuffer);
    half.arrive_data(b"ab", false, LIMIT);
    half.arrive_trailers(headers());
    half.resume();
    assert_eq!(half.poll(), passed_headers(false));
    assert_eq!(half.poll(), call(Due::Body { size: 2, end: false }));
    half.after_data(DataStatus::Continue, LIMIT);
    assert_eq!(half.poll(), passed(b"ab", false));
    assert_eq!(half.poll(), call(Due::Trailers));
    half.after_trailers(true);
    assert_eq!(half.poll(), Some(Step::Pass(Pass::Trailers { direction: WAY, trailers: headers() })));
}

#[test]
fn resuming_what_is_not_held_does_nothing() {
    let mut half = begun(HeaderStatus::Continue);
    assert_eq!(half.poll(), passed_headers(false));
    half.resume();
    assert_eq!(half.poll(), None);
}

#[test]
fn state_one_is_about_all_or_about_the_headers_alone() {
    use HeaderStatus::{Continue, StopAllAndBuffer, StopAllAndWatermark, StopIteration};
    for (headers_alone, one) in [(false, StopAllAndWatermark), (true, StopIteration)] {
        let states: Vec<_> = (0..6).map(|number| HeaderStatus::from_guest(number, headers_alone)).collect();
        let stop = StopAllAndWatermark;
        assert_eq!(states, [Continue, one, Continue, StopAllAndBuffer, stop, stop], "{headers_alone}");
    }
}
