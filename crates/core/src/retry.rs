//! Trying again, with longer and longer pauses.

use crate::error::Result;
use crate::time::sleep;
use std::time::Duration;

/// How often to try and how long to pause: `Backoff::new(3, Duration::from_millis(50))` pauses 50 and 100 ms.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    tries: u32,
    pause: Duration,
    longest: Duration,
}

impl Backoff {
    /// At most `tries` tries; the first pause is `pause`, each further one twice as long, none above ten seconds.
    pub fn new(tries: u32, pause: Duration) -> Self {
        Self { tries: tries.max(1), pause, longest: Duration::from_secs(10) }
    }

    /// Runs `work` until it succeeds, fails for good, or has been tried often enough. Only what is
    /// [transient](crate::ErrorKind::is_transient) is tried again. A command to Redis that got no answer may have been
    /// carried out: try again only what may happen twice.
    pub async fn run<T, F: Future<Output = Result<T>>>(self, mut work: impl FnMut() -> F) -> Result<T> {
        let mut pause = self.pause;
        for _ in 1..self.tries {
            match work().await {
                Err(error) if error.kind().is_transient() => log::debug!("{error}; trying again"),
                result => return result,
            }
            sleep(pause).await;
            pause = pause.saturating_mul(2).min(self.longest);
        }
        work().await
    }
}
