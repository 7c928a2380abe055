//! Pauses that double with each failed attempt, counted in Redis for all replicas.
//!
//! An attempt counts as failed when it begins; a success forgets them all. While Redis is away there are no pauses, and the other
//! limits, which then count in each process, are the bound.

use crate::config::Delay;
use std::time::Duration;
use streamly_redis::{Redis, Script, Value};

/// Longest wait for Redis.
const PATIENCE: Duration = Duration::from_millis(250);
/// Failures are forgotten when there was none for so long, ms; no pause is longer.
const FORGOTTEN_MS: i64 = 3_600_000;
/// KEYS[1]: hash of failures `n` and the time `at` (ms) of the last. ARGV: failures without a pause, first and longest pause in ms, life of
/// the key in ms. Answers the ms to wait, 0 if the attempt may begin, which then counts.
const BEGIN: &str = r"
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local free, first, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local n = tonumber(redis.call('HGET', KEYS[1], 'n') or 0)
if n >= free then
  local at = tonumber(redis.call('HGET', KEYS[1], 'at') or 0)
  local wait = at + math.min(first * 2 ^ math.min(n - free, 40), most) - now
  if wait > 0 then return math.ceil(wait) end
end
redis.call('HSET', KEYS[1], 'n', n + 1, 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 0
";

/// Failures of one kind; each name has its own.
pub(super) struct Failures {
    what: &'static str,
    delay: Delay,
    script: Script,
}

impl Failures {
    pub(super) fn new(what: &'static str, delay: Delay) -> Self {
        Self { what, delay, script: Script::new(BEGIN) }
    }

    /// What is counted.
    pub(super) fn what(&self) -> &'static str {
        self.what
    }

    fn key(&self, who: &str) -> String {
        format!("failures:user:{}:{who}", self.what)
    }

    /// An attempt begins. Errors: it must wait for so long.
    pub(super) async fn begin(&self, redis: &Redis, who: &str) -> Result<(), Duration> {
        let ms = |d: Duration| i64::try_from(d.as_millis()).unwrap_or(FORGOTTEN_MS).min(FORGOTTEN_MS);
        let Delay { free, first, most } = self.delay;
        let args = [i64::from(free), ms(first.get()), ms(most.get()), FORGOTTEN_MS];
        if !redis.is_connected() {
            return Ok(());
        }
        let run = self.script.run::<i64>(redis, [self.key(who)], args);
        match tokio::time::timeout(PATIENCE, run).await {
            Ok(Ok(wait)) if wait > 0 => Err(Duration::from_millis(wait.unsigned_abs())),
            _ => Ok(()),
        }
    }

    /// A success. Redis away: they are forgotten by themselves after an hour.
    pub(super) async fn forget(&self, redis: &Redis, who: &str) {
        if redis.is_connected() {
            let _ = tokio::time::timeout(PATIENCE, redis.call::<Value>("DEL", [self.key(who)])).await;
        }
    }
}
