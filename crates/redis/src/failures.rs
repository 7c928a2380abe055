//! Pauses that double with each failed attempt, counted in Redis for all replicas.
//!
//! An attempt counts as failed when it begins; a success forgets them all, or takes back its own. While Redis is away there are no pauses,
//! and the other limits, which then count in each process, are the bound.

use crate::{Redis, Script, Value};
use std::time::Duration;

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

/// KEYS[1]: the hash of failures. Takes one back.
const UNDO: &str = r"
if redis.call('HINCRBY', KEYS[1], 'n', -1) <= 0 then redis.call('DEL', KEYS[1]) end
return 0
";

/// A pause that doubles with each failed attempt.
#[derive(Debug, Clone, Copy)]
pub struct Delay {
    /// Failed attempts without a pause.
    pub free: u32,
    /// The first pause.
    pub first: Duration,
    /// The longest.
    pub most: Duration,
}

/// Failures of one kind; each name has its own. Keys are `failures:{service}:{what}:{who}`.
pub struct Failures {
    service: &'static str,
    what: &'static str,
    delay: Delay,
    begin: Script,
    undo: Script,
}

impl std::fmt::Debug for Failures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Failures({} of {}, {:?})", self.what, self.service, self.delay)
    }
}

impl Failures {
    /// Of a service.
    pub fn new(service: &'static str, what: &'static str, delay: Delay) -> Self {
        Self { service, what, delay, begin: Script::new(BEGIN), undo: Script::new(UNDO) }
    }

    /// What is counted.
    pub fn what(&self) -> &'static str {
        self.what
    }

    fn key(&self, who: &str) -> String {
        format!("failures:{}:{}:{who}", self.service, self.what)
    }

    /// An attempt begins. Errors: it must wait for so long.
    pub async fn begin(&self, redis: &Redis, who: &str) -> Result<(), Duration> {
        let ms = |d: Duration| i64::try_from(d.as_millis()).unwrap_or(FORGOTTEN_MS).min(FORGOTTEN_MS);
        let Delay { free, first, most } = self.delay;
        let args = [i64::from(free), ms(first), ms(most), FORGOTTEN_MS];
        if !redis.is_connected() {
            return Ok(());
        }
        let run = self.begin.run::<i64>(redis, [self.key(who)], args);
        match tokio::time::timeout(PATIENCE, run).await {
            Ok(Ok(wait)) if wait > 0 => Err(Duration::from_millis(wait.unsigned_abs())),
            _ => Ok(()),
        }
    }

    /// A success. Redis away: they are forgotten by themselves after an hour.
    pub async fn forget(&self, redis: &Redis, who: &str) {
        if redis.is_connected() {
            let _ = tokio::time::timeout(PATIENCE, redis.call::<Value>("DEL", [self.key(who)])).await;
        }
    }

    /// The attempt that began was none of those that are counted: it is taken back, and no other.
    pub async fn undo(&self, redis: &Redis, who: &str) {
        if redis.is_connected() {
            let run = self.undo.run::<i64>(redis, [self.key(who)], [0i64]);
            let _ = tokio::time::timeout(PATIENCE, run).await;
        }
    }
}
