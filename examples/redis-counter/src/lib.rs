//! Redis: counts the visits of each path, looks up who came last, and notes the response's status. Higress only.

use plugin_core::prelude::*;
use plugin_core::redis::Command;

/// Two steps that belong together are one script: no other client comes between them, and it takes one round trip.
const VISIT: Script = Script::new(
    "local visits = redis.call('INCR', KEYS[1])
     if visits == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
     return {visits, redis.call('TTL', KEYS[1])}",
);

/// Where to count, and for how long.
#[derive(Debug, Deserialize)]
pub struct RedisCounter {
    redis: Redis,
    #[serde(default = "day")]
    seconds: u64,
}

fn day() -> u64 {
    24 * 60 * 60
}

impl Plugin for RedisCounter {
    fn on_start(self: Rc<Self>, background: Background) {
        background.spawn(async move {
            match self.redis.incr("counter:starts").await {
                Ok(starts) => log::info!("start number {starts}"),
                Err(error) => log::warn!("starts are not counted: {error}"),
            }
        });
    }

    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        let path = request.path();
        let user = request.headers().get("x-user").unwrap_or_else(|| Vec::new().into());
        let (visits, last) = (format!("counter:visits:{path}"), format!("counter:last:{path}"));

        // Both are under way at once.
        let (counted, before) = join!(
            self.redis.run::<(u64, i64)>(&VISIT, [&visits], (self.seconds,)),
            // A command that core has no method for, its reply read as what it should be.
            self.redis.ask::<Option<Vec<u8>>>(Command::new("GETSET").arg(&last).arg(&user)),
        );
        let ((visits, seconds), before) = (counted?, before?);

        let mut response = request.forward_and_wait().await;
        let status = response.status().to_string();
        let alike = self.redis.hincr_by("counter:statuses", &status, 1).await?;
        let mut headers = response.headers_mut();
        headers.set("x-visits", format!("{visits}; reset={seconds}"))?;
        headers.set("x-last-user", before.unwrap_or_default())?;
        headers.set("x-same-status", alike.to_string())?;
        Ok(response.forward())
    }

    /// Who counts must not stand in the way: without Redis the request goes on uncounted.
    fn on_error(&self, error: &Error) -> Fallback {
        log::warn!("not counted: {error}");
        Fallback::Forward
    }
}

register!(RedisCounter, "redis-counter");
