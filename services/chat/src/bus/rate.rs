//! A pace: GCRA (ATM Forum TM 4.0, §4.4.2), shared by the nodes in Redis, in this process while Redis is away.

use governor::{DefaultKeyedRateLimiter, Quota, clock::Clock, clock::DefaultClock};
use std::{num::NonZeroU32, sync::Arc, time::Duration};
use streamly_redis::{Redis, Script};

// KEYS: whose. ARGV: interval µs, burst. Answers 0 for go, else the wait in milliseconds, rounded up.
const GCRA: &str = r"
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local step = tonumber(ARGV[1])
local tat = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
local wait = tat - now - step * (ARGV[2] - 1)
if wait > 0 then return string.format('%.0f', math.ceil(wait / 1000)) end
redis.call('SET', KEYS[1], string.format('%.0f', tat + step), 'PX', string.format('%.0f', math.ceil((tat + step - now) / 1000) + 1000))
return '0'";

/// Longest wait for Redis: a limit is never the reason for a slow answer.
const PATIENCE: Duration = Duration::from_millis(250);

/// Whether one more may pass now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Go,
    /// After this.
    Wait(Duration),
}

/// One limit; everybody it counts has an allowance of their own. Clones share it.
#[derive(Clone)]
pub struct Rate {
    redis: Redis,
    script: Script,
    what: &'static str,
    interval: Duration,
    burst: u32,
    local: Arc<DefaultKeyedRateLimiter<String>>,
}

impl Rate {
    /// One in `interval` in the long run, `burst` at once. `what` is part of the key: `gcra:chat:{what}:{who}`.
    pub fn new(redis: Redis, what: &'static str, interval: Duration, burst: u32) -> Self {
        let burst_size = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(interval)
            .unwrap_or(Quota::per_second(NonZeroU32::MIN))
            .allow_burst(burst_size);
        Self {
            redis,
            script: Script::new(GCRA),
            what,
            interval,
            burst,
            local: Arc::new(DefaultKeyedRateLimiter::keyed(quota)),
        }
    }

    /// Counts one.
    pub async fn ask(&self, who: &str) -> Verdict {
        let args = [self.interval.as_micros().max(1).to_string(), self.burst.to_string()];
        let key = format!("gcra:chat:{}:{who}", self.what);
        let asked = self.script.run::<String>(&self.redis, [key], args);
        let shared = tokio::time::timeout(PATIENCE, asked).await.ok().and_then(Result::ok);
        match shared.and_then(|w| w.parse::<u64>().ok()) {
            Some(0) => Verdict::Go,
            Some(ms) => Verdict::Wait(Duration::from_millis(ms)),
            None => match self.local.check_key(&who.to_owned()) {
                Ok(()) => Verdict::Go,
                Err(not_until) => Verdict::Wait(not_until.wait_time_from(DefaultClock::default().now())),
            },
        }
    }

    /// Forgets those who may go on as much as anybody again; call now and then.
    pub fn tidy(&self) {
        self.local.retain_recent();
    }
}
