//! Small notes of a room in Redis that are no part of its log: what was done once, what was before, how many came at once.
//!
//! They are as good as Redis is: one that loses its data forgets them, and something is told a second time.

use super::{Log, scripts::key};
use streamly_domain::ChannelId;
use streamly_redis::Error;

// KEYS: the mark. ARGV: by whom, seconds. Answers 1 if it was set by them, now or before.
pub(super) const MARK: &str = r"
local by = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'GET', 'EX', ARGV[2])
return (not by or by == ARGV[1]) and '1' or '0'";
// KEYS: this window's count, the window before's. ARGV: how many are told one by one, window's ms. Answers '' for not told, else how many
// of the window before were not.
pub(super) const CROWD: &str = r"
local n = redis.call('INCR', KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2] * 6)
if n > tonumber(ARGV[1]) then return '' end
local before = tonumber(redis.call('GETDEL', KEYS[2]) or '0')
return string.format('%.0f', math.max(0, before - ARGV[1]))";
/// How long a mark stands.
const MARK_SECONDS: &str = "604800";
/// Events of a kind that are told one by one in a window; more are summed up with the next.
const CROWD_MAX: &str = "5";
/// The window, milliseconds.
const CROWD_MS: u64 = 10_000;

impl Log {
    /// Marks something as done by `by`; true if it is by them that it was done, now or before.
    pub async fn mark(&self, room: ChannelId, what: &str, by: &str) -> Result<bool, Error> {
        let args = [by.to_owned(), MARK_SECONDS.to_owned()];
        let answer: String =
            self.scripts.mark.run(self.redis(), [key(room, &format!("mark:{what}"))], args).await?;
        Ok(answer == "1")
    }

    /// Remembers a value for a week; answers the one before.
    pub async fn swap(&self, room: ChannelId, what: &str, value: &str) -> Result<Option<String>, Error> {
        let args = [key(room, what), value.to_owned(), "GET".into(), "EX".into(), MARK_SECONDS.into()];
        self.redis().call("SET", args).await
    }

    /// Counts one of many: `None` if it is not to be told by itself, else how many before it were not.
    pub async fn crowd(&self, room: ChannelId, what: &str) -> Result<Option<u64>, Error> {
        let window = crate::socket::unix_ms() / CROWD_MS;
        let keys = [key(room, &format!("{what}:{window}")), key(room, &format!("{what}:{}", window - 1))];
        let args = [CROWD_MAX.to_owned(), CROWD_MS.to_string()];
        let answer: String = self.scripts.crowd.run(self.redis(), keys, args).await?;
        Ok(answer.parse().ok())
    }
}
