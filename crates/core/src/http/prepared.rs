//! A call on its way: sent, and its end made an answer or an error that says what to mend.

use super::answer::Answer;
use crate::error::{Error, ErrorKind, Result};
use crate::host::{Dispatch, HeaderList, Host, HostError, host};
use crate::slot::{Message, Outcome, Waiting};
use crate::time::{millis, monotonic};
use crate::uses;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

/// By how much the gateway's timer may be early, as its worker looks at the clock once a turn.
const EARLY: Duration = Duration::from_millis(10);

/// A call that was checked, made by [`super::Call::prepare`].
pub struct PreparedCall {
    /// The name of the Envoy cluster.
    pub(super) cluster: Rc<str>,
    pub(super) headers: HeaderList,
    pub(super) body: Vec<u8>,
    pub(super) timeout: Duration,
    pub(super) max_body: usize,
}

impl PreparedCall {
    /// Makes the call and waits for its answer, whatever status it has.
    pub async fn send(&self) -> Result<Answer> {
        self.send_within(self.timeout).await
    }

    /// As [`Self::send`]; `timeout` takes the place of the one prepared. It is never less than 1 ms.
    pub async fn send_within(&self, timeout: Duration) -> Result<Answer> {
        uses::http_call();
        let limit = timeout.max(Duration::from_millis(1));
        let (answer, before) = self.dispatch(limit)?;
        match answer.await {
            Outcome::Answer(message) => self.answer(limit, message),
            other => Err(self.failure(&other, limit, before)),
        }
    }

    /// Hands the call to the gateway. Gives also a time before that, or just after it.
    fn dispatch(&self, limit: Duration) -> Result<(Waiting, Duration)> {
        let timeout_ms = u32::try_from(millis(limit)).unwrap_or(u32::MAX);
        let call = Dispatch { cluster: &self.cluster, headers: &self.headers, body: &self.body, timeout_ms };
        match host().dispatch_http(&call) {
            Ok(token) => Ok(Waiting::within(token, self.max_body, limit)),
            Err(status) => Err(not_dispatched(&self.cluster, status)),
        }
    }

    fn answer(&self, limit: Duration, message: Box<Message>) -> Result<Answer> {
        let Some(status) = message.headers.status().and_then(status) else {
            let what = ": the connection broke before an answer with a status came";
            return Err(Error::of_cluster(ErrorKind::Reset, &self.cluster, &[what]));
        };
        if matches!(status, 502..=504)
            && let Some(error) = self.said_by_gateway(status, &message, limit)
        {
            return Err(error);
        }
        Ok(Answer { cluster: self.cluster.clone(), status, message })
    }

    /// The gateway's own 502, 503 and 504 have three headers and no others; what a service sends comes with more.
    #[cold]
    #[inline(never)]
    fn said_by_gateway(&self, status: u16, message: &Message, limit: Duration) -> Option<Error> {
        let own = |name: &[u8]| matches!(name, b":status" | b"content-length" | b"content-type");
        let headers = || message.headers.iter();
        if headers().count() != 3 || !headers().all(|(name, _)| own(name)) {
            return None;
        }
        match (status, message.body.as_slice()) {
            (504, b"upstream request timeout") => Some(timed_out(&self.cluster, limit)),
            (503, text) if text.starts_with(b"no healthy upstream") => {
                Some(not_dispatched(&self.cluster, HostError::INTERNAL_FAILURE))
            }
            (502 | 503, text) if text.starts_with(b"upstream connect error") => {
                let why = ": the service could not be reached; check that it runs and listens on the cluster's address";
                Some(Error::of_cluster(ErrorKind::Unreachable, &self.cluster, &[why]))
            }
            _ => None,
        }
    }

    /// What to say of a call that was sent after `before`, or just before it, and ended without an answer.
    #[cold]
    #[inline(never)]
    fn failure(&self, outcome: &Outcome, limit: Duration, before: Duration) -> Error {
        match outcome {
            Outcome::TooLarge(size) => {
                let (size, most) = (size.to_string(), self.max_body.to_string());
                let what = [" answered ", &size, " bytes, the plugin takes ", &most];
                Error::of_cluster(ErrorKind::Answer, &self.cluster, &what)
            }
            // A service that falls silent in the middle of its answer ends this way too, when its time is up. What may have
            // been that counts as that.
            Outcome::Reset if monotonic().saturating_sub(before).saturating_add(EARLY) < limit => {
                let what = ": the connection broke before the answer was complete";
                Error::of_cluster(ErrorKind::Reset, &self.cluster, &[what])
            }
            _ => timed_out(&self.cluster, limit),
        }
    }
}

/// A status on the wire has three digits (RFC 9110, section 15).
fn status(value: &[u8]) -> Option<u16> {
    match value {
        [a, b, c] if value.iter().all(u8::is_ascii_digit) => {
            let digits = [a, b, c].map(|digit| u16::from(digit & 15));
            Some(digits.iter().fold(0, |number, digit| number * 10 + digit))
        }
        _ => None,
    }
}

/// Says which cluster is asked, not what for: a header may be a secret.
impl fmt::Debug for PreparedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PreparedCall({})", self.cluster)
    }
}

/// What the host says when it does not even start: its two words for it are the most asked-about errors of Higress.
pub(crate) fn not_dispatched(cluster: &str, status: HostError) -> Error {
    let (kind, why) = match status {
        HostError::BAD_ARGUMENT => (
            ErrorKind::UnknownCluster,
            "the gateway has no such cluster; check the service's name with its type suffix (`.static`, `.dns`, \
             `.svc.cluster.local`, ...) and its port (`.static` services listen on the logical port 80), and that the \
             gateway was told of the service"
                .to_owned(),
        ),
        HostError::INTERNAL_FAILURE => {
            (ErrorKind::NoHost, "the cluster has no healthy host; check the service's addresses".to_owned())
        }
        status => (ErrorKind::Host, format!("the gateway refused the call: {status}")),
    };
    Error::of_cluster(kind, cluster, &[": ", &why])
}

fn timed_out(cluster: &str, after: Duration) -> Error {
    Error::of_cluster(ErrorKind::Timeout, cluster, &[": no answer within ", &millis(after).to_string(), " ms"])
}

/// Counting asks for a tick within 100 ms. A call with four times that much time waits for it instead of looking at the
/// clock.
#[cfg(test)]
mod tests {
    use crate::metric::Counter;
    use crate::prelude::*;
    use crate::testing::Bench;

    #[derive(Debug, Deserialize)]
    struct CountsAndAsks;

    impl Plugin for CountsAndAsks {
        async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
            Counter::new("asked").add(1);
            let auth = Cluster::fqdn("auth.static", None)?;
            auth.get("/token").timeout(Duration::from_millis(400)).send().await?;
            Ok(request.forward())
        }
    }

    fn bench() -> Bench<CountsAndAsks> {
        let bench = Bench::new("").unwrap();
        bench.host().keep_to_itself();
        bench
    }

    #[test]
    fn the_deadline_counts_from_a_tick_that_comes_soon() {
        let bench = bench();
        let exchange = bench.get("/");
        bench.advance(Duration::from_millis(549));
        assert!(exchange.reply().is_none());
        bench.advance(Duration::from_millis(2));
        assert_eq!(exchange.reply().unwrap().details, "plugin.timeout");
        bench.advance(Duration::from_secs(1));
        assert!(!bench.is_ticking(), "no timer, no tick");
    }

    #[test]
    fn what_breaks_when_its_time_may_be_up_came_too_late() {
        for (after, kind) in [(100, "reset"), (320, "reset"), (335, "timeout"), (400, "timeout")] {
            let bench = bench();
            bench.get("/");
            bench.advance(Duration::from_millis(60));
            let exchange = bench.get("/");
            bench.advance(Duration::from_millis(after));
            bench.break_call(1);
            assert_eq!(exchange.reply().unwrap().details, format!("plugin.{kind}"), "after {after} ms");
        }
    }
}
