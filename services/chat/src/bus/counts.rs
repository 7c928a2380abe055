//! How often a person writes, and how many people say the same: counted in Redis for all nodes, alone on this node while Redis is away.
//!
//! Windows begin with the first message and end by themselves. People beyond the number that is asked about are not remembered, which bounds
//! what one text costs.

use crate::rules::flood::{Flood, Seen};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration, time::Instant};
use streamly_domain::{ChannelId, UserId};
use streamly_redis::{Redis, Script};

// KEYS: the person's count, the text's people. ARGV: user, window ms, people at most. Answers both counts.
const COUNT: &str = r"
local messages = redis.call('INCR', KEYS[1])
if messages == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
local people = redis.call('SCARD', KEYS[2])
if people < tonumber(ARGV[3]) then
  redis.call('SADD', KEYS[2], ARGV[1])
  if people == 0 then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
  people = redis.call('SCARD', KEYS[2])
end
return {tostring(messages), tostring(people)}";

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

    /// Counts a message of `user` with this text (folded), and answers what the window has with it; people up to `at_most`.
    pub async fn count(
        &self,
        room: ChannelId,
        user: UserId,
        text: &str,
        window: Duration,
        at_most: usize,
    ) -> Seen {
        let text = super::said::hash(text);
        let keys = [format!("chat:{{{room}}}:f:{user}"), format!("chat:{{{room}}}:t:{text:016x}")];
        let args = [user.to_string(), window.as_millis().max(1).to_string(), at_most.to_string()];
        let shared: Option<Vec<String>> = self.count.run(&self.redis, keys, args).await.ok();
        let shared = shared.and_then(|s| match s.as_slice() {
            [messages, people] => {
                Some(Seen { messages: messages.parse().ok()?, people: people.parse().ok()? })
            }
            _ => None,
        });
        shared.unwrap_or_else(|| self.alone.lock().count(Instant::now(), window, room, user, text, at_most))
    }
}
