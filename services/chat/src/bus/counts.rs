//! How often a person writes, and how many people say the same: counted in Redis for all nodes, alone on this node while Redis is away.
//!
//! Windows begin with the first message and end by themselves. People beyond the number that is asked about are not remembered, which bounds
//! what one text costs.

use crate::rules::flood::{Flood, Message, Seen};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration, time::Instant};
use streamly_redis::{Redis, Script};

// KEYS: the person's count, the text's people with the nonce that each said it under. ARGV: user, window ms, people at most, nonce.
// Answers messages, people, and whether the person said it before. A repeat under the same nonce counts once.
const COUNT: &str = r"
local before = redis.call('HGET', KEYS[2], ARGV[1])
local repeated = before and ARGV[4] ~= '' and before == ARGV[4]
local messages
if repeated then messages = redis.call('GET', KEYS[1]) or '1'
else
  messages = redis.call('INCR', KEYS[1])
  if messages == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
end
local people = redis.call('HLEN', KEYS[2])
if before then
  if not repeated then redis.call('HSET', KEYS[2], ARGV[1], ARGV[4]) end
elseif people < tonumber(ARGV[3]) then
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[4])
  if people == 0 then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
  people = people + 1
end
return {tostring(messages), tostring(people), (before and not repeated) and '1' or '0'}";

/// The counters. Clones share them.
#[derive(Clone)]
pub struct Counts {
    redis: Redis,
    count: Script,
    alone: Arc<Mutex<Flood>>,
}

impl Counts {
    /// Nothing counted yet.
    pub fn new(redis: Redis) -> Self {
        Self { redis, count: Script::new(COUNT), alone: Arc::default() }
    }

    /// Counts a message and answers what the window has with it; people up to `at_most`.
    pub async fn count(&self, message: &Message<'_>, window: Duration, at_most: usize) -> Seen {
        let Message { room, user, text, nonce } = *message;
        let keys = [format!("chat:{{{room}}}:f:{user}"), format!("chat:{{{room}}}:t:{text:016x}")];
        let args =
            [user.to_string(), window.as_millis().max(1).to_string(), at_most.to_string(), nonce.to_owned()];
        let shared: Option<Vec<String>> = self.count.run(&self.redis, keys, args).await.ok();
        let shared = shared.and_then(|s| match s.as_slice() {
            [messages, people, again] => Some(Seen {
                messages: messages.parse().ok()?,
                people: people.parse().ok()?,
                is_again: again == "1",
            }),
            _ => None,
        });
        shared.unwrap_or_else(|| self.alone.lock().count(Instant::now(), window, at_most, message))
    }
}
