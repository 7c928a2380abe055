//! What a room remembers of what a person said: when last (slow mode), and what within ten minutes (unique). In Redis, for all nodes.
//!
//! Taken in one script, before the message goes into the log; a repeat under the same nonce is the same message and passes. Redis away:
//! nothing is remembered, and nothing is said either.

use std::time::Duration;
use streamly_domain::{ChannelId, UserId};
use streamly_redis::{Error, Redis, Script};

/// How long a text counts as said.
pub const UNIQUE_FOR: Duration = Duration::from_secs(600);

// KEYS: the person's last time, the person's text. ARGV: nonce, slow ms (0: none), unique ms (0: none).
// Answers what is against it ('', slow, unique) and for how long. The values are the nonces that took them, '-' for none.
const TAKE: &str = r"
local function taken(key)
  local by = redis.call('GET', key)
  return by and (ARGV[1] == '' or by ~= ARGV[1])
end
local by = ARGV[1]
if by == '' then by = '-' end
if ARGV[2] ~= '0' and taken(KEYS[1]) then return {'slow', tostring(redis.call('PTTL', KEYS[1]))} end
if ARGV[3] ~= '0' and taken(KEYS[2]) then return {'unique', tostring(redis.call('PTTL', KEYS[2]))} end
if ARGV[2] ~= '0' then redis.call('SET', KEYS[1], by, 'PX', ARGV[2], 'NX') end
if ARGV[3] ~= '0' then redis.call('SET', KEYS[2], by, 'PX', ARGV[3], 'NX') end
return {'', '0'}";

/// What is against a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// The person's last one is not long enough ago: it may be said after this.
    Slow(Duration),
    /// The person said the same not long ago.
    Unique(Duration),
}

/// What to ask for.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The pause between two messages of one person; zero: none.
    pub slow: Duration,
    /// The text, folded, if it may not be said twice.
    pub unique: Option<&'a str>,
    /// The message's nonce; may be empty.
    pub nonce: &'a str,
}

/// The memory of all rooms. Clones share the connection.
#[derive(Clone)]
pub struct Said {
    redis: Redis,
    take: Script,
}

impl Said {
    /// On this connection.
    pub fn new(redis: Redis) -> Self {
        Self { redis, take: Script::new(TAKE) }
    }

    /// Remembers the message, unless something is against it. Errors: Redis did not answer.
    pub async fn take(&self, room: ChannelId, user: UserId, ask: &Ask<'_>) -> Result<Option<Against>, Error> {
        if ask.slow.is_zero() && ask.unique.is_none() {
            return Ok(None);
        }
        let text = ask.unique.map_or(0, hash);
        let keys = [format!("chat:{{{room}}}:slow:{user}"), format!("chat:{{{room}}}:u:{user}:{text:016x}")];
        let unique = ask.unique.map_or(0, |_| UNIQUE_FOR.as_millis());
        let args = [ask.nonce.to_owned(), ask.slow.as_millis().to_string(), unique.to_string()];
        let answer: Vec<String> = self.take.run(&self.redis, keys, args).await?;
        let left = answer.get(1).and_then(|ms| ms.parse().ok()).map_or(Duration::ZERO, Duration::from_millis);
        Ok(match answer.first().map(String::as_str) {
            Some("slow") => Some(Against::Slow(left)),
            Some("unique") => Some(Against::Unique(left)),
            _ => None,
        })
    }
}

/// FNV-1a, 64 bits (RFC 9923): the same on every node and in every version. Two texts of one person that meet by chance cost that person one
/// refusal.
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(super::hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(super::hash("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(super::hash("foobar"), 0x8594_4171_f739_67e8);
    }
}
