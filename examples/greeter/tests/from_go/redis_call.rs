//! The plugin of "Redis".

use plugin_core::config::Both;
use plugin_core::prelude::*;

const COUNT: Script = Script::new(
    "local count = redis.call('INCR', KEYS[1])
     if count == 1 then redis.call('EXPIRE', KEYS[1], 60) end
     return count",
);

/// `Both`: the keys of `Redis`, such as `serviceName`, stand beside our own.
#[derive(Debug, Deserialize)]
pub struct RedisCall(Both<Settings, Redis>);

#[derive(Debug, Deserialize)]
struct Settings {
    qpm: i64,
}

impl Plugin for RedisCall {
    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        let Both(settings, redis) = &self.0;
        let now = plugin_core::time::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let key = format!("requests:{}", now.as_secs() / 60);
        let count: i64 = redis.run(&COUNT, [&key], ()).await?;
        Ok(match count > settings.qpm {
            true => request.reply(Reply::text(429, "Too many requests\n")),
            false => request.forward(),
        })
    }

    fn on_error(&self, error: &Error) -> Fallback {
        log::warn!("not limited: {error}");
        Fallback::Forward
    }
}

register!(RedisCall, "redis-call");
