//! Rate limits: GCRA (ITU-T I.371, annex A) in one Lua script, shared by replicas; in this process alone while Redis is away.
//!
//! Redis gets [`PATIENCE`] to answer: a limit is never the reason for a slow or failed call.

use crate::{Redis, Script};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use std::{num::NonZeroU32, time::Duration};

/// Longest wait for Redis.
const PATIENCE: Duration = Duration::from_millis(250);
/// Names in this process's own table after which idle ones are dropped; without it the table grows while Redis is away.
const MAX_NAMES: usize = 10_000;
/// KEYS[1]: the theoretical arrival time (ms) of the next call. ARGV: interval in ms, burst. Answers the ms to wait, 0 if let through.
const GCRA: &str = r"
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local early = arrival - (burst - 1) * interval - now
if early > 0 then return math.ceil(early) end
local next = arrival + interval
redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil(next - now))
return 0
";

/// Too many calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("rate limited")]
pub struct Limited {
    /// When the next call would be let through.
    pub retry_after: Duration,
}

/// One limit; each name has its own allowance.
pub struct Limit {
    service: &'static str,
    what: &'static str,
    interval: Duration,
    burst: NonZeroU32,
    script: Script,
    alone: DefaultKeyedRateLimiter<String>,
}

impl std::fmt::Debug for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Limit({} at once, then one in {:?})", self.burst, self.interval)
    }
}

impl Limit {
    /// `burst` calls at once, then one in `interval` (at least a millisecond). Keys are `gcra:{service}:{what}:{who}`.
    pub fn new(service: &'static str, what: &'static str, interval: Duration, burst: NonZeroU32) -> Self {
        let interval = interval.max(Duration::from_millis(1));
        let quota = Quota::with_period(interval).unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN));
        let alone = RateLimiter::keyed(quota.allow_burst(burst));
        Self { service, what, interval, burst, script: Script::new(GCRA), alone }
    }
    /// What is limited.
    pub fn what(&self) -> &'static str {
        self.what
    }
    /// One call by `who`. Errors: too many.
    pub async fn take(&self, redis: &Redis, who: &str) -> Result<(), Limited> {
        match self.ask(redis, who).await {
            Some(Duration::ZERO) => Ok(()),
            Some(retry_after) => Err(Limited { retry_after }),
            None => self.take_alone(who),
        }
    }
    /// `None`: Redis does not answer.
    async fn ask(&self, redis: &Redis, who: &str) -> Option<Duration> {
        if !redis.is_connected() {
            return None;
        }
        let key = format!("gcra:{}:{}:{who}", self.service, self.what);
        let interval = i64::try_from(self.interval.as_millis()).unwrap_or(i64::MAX);
        let run = self.script.run::<i64>(redis, [key], [interval, i64::from(self.burst.get())]);
        let ms = tokio::time::timeout(PATIENCE, run).await.ok()?.ok()?;
        Some(Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
    }
    fn take_alone(&self, who: &str) -> Result<(), Limited> {
        if self.alone.len() > MAX_NAMES {
            self.alone.retain_recent();
        }
        self.alone.check_key(&who.to_owned()).map_err(|not_before| Limited {
            retry_after: not_before.wait_time_from(DefaultClock::default().now()),
        })
    }
}
