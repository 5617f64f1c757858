//! The time after which an exchange in which nothing moves is ended.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// When something moved last in an exchange, and how long nothing may.
pub(super) struct Idle {
    /// `None` for ever.
    limit: Option<Duration>,
    moved: Instant,
    /// Set once for many movements: when it rings, the last one counts.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Idle {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self { limit, moved: Instant::now(), alarm: None }
    }

    /// Has another limit from now on.
    pub(super) fn limit(&mut self, limit: Option<Duration>) {
        *self = Self::new(limit);
    }

    pub(super) fn moved(&mut self) {
        self.moved = Instant::now();
    }

    /// Ends when nothing has moved for too long from now on.
    pub(super) async fn pass(&self) {
        match self.limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    }

    /// Ready when nothing has moved for too long.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(limit) = self.limit else { return Poll::Pending };
        loop {
            let end = self.moved + limit;
            if end <= Instant::now() {
                return Poll::Ready(());
            }
            let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(end)));
            ready!(Sleep::poll(alarm.as_mut(), cx));
            self.alarm = None;
        }
    }
}
