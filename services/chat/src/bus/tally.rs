//! How many messages each room got through this node, for `stream`, which knows what broadcast that was.
//!
//! Counted in memory by ten seconds, by the ids' clock, and written every few seconds: nothing of it is on a message's way. Each node has a
//! field of its own with its whole count, so that a write which may have happened is simply made again. What is deleted later was said all
//! the same; what waits for a moderator counts when it is let through. Bounded: beyond [`MOST`] rooms and times messages are not counted.

use crate::log_id::LogId;
use futures_util::{StreamExt, stream};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc, time::Duration};
use streamly_domain::ChannelId;
use streamly_lifecycle::Shutdown;
use streamly_redis::{Error, Redis, Value};

/// Time of one count, milliseconds; `stream` reads so (`bus::counts`).
const BUCKET_MS: u64 = 10_000;
/// How often counts are written: well within the time that `stream` gives a minute to settle.
const ROUND: Duration = Duration::from_secs(5);
/// Life of a count: `stream` makes up for so long at most.
const TTL_S: &str = "7200";
/// Counts that wait at most: an hour without Redis for three hundred busy rooms.
const MOST: usize = 100_000;
/// Counts that are written at once.
const AT_ONCE: usize = 64;

/// Messages of one room in one time.
type Place = (ChannelId, u64);

/// A count, and how much of it is certainly written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    messages: u64,
    written: u64,
}

/// This node's counts. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Tally(Arc<Mutex<HashMap<Place, Count>>>);

impl Tally {
    /// A message is in the log.
    pub(super) fn said(&self, room: ChannelId, id: LogId) {
        let mut counts = self.0.lock();
        let place = (room, id.ms() / BUCKET_MS);
        if counts.len() < MOST || counts.contains_key(&place) {
            counts.entry(place).or_default().messages += 1;
        }
    }

    /// What is to be written. Those of a time that is over by a round are forgotten once they are written.
    fn due(&self, now_ms: u64) -> Vec<(Place, u64)> {
        let mut counts = self.0.lock();
        let over = now_ms.saturating_sub(BUCKET_MS) / BUCKET_MS;
        counts.retain(|(_, bucket), count| count.written < count.messages || *bucket >= over);
        let due = counts.iter().filter(|(_, count)| count.written < count.messages);
        due.map(|(place, count)| (*place, count.messages)).collect()
    }

    fn written(&self, place: Place, messages: u64) {
        if let Some(count) = self.0.lock().get_mut(&place) {
            count.written = count.written.max(messages);
        }
    }

    /// Writes the counts under that node's name until the stop, and once more then.
    pub async fn run(self, redis: Redis, node: String, shutdown: Shutdown) {
        loop {
            let is_last = tokio::select! {
                () = shutdown.started() => true,
                () = tokio::time::sleep(ROUND) => false,
            };
            self.write(&redis, &node).await;
            if is_last {
                return;
            }
        }
    }

    async fn write(&self, redis: &Redis, node: &str) {
        let due = self.due(crate::socket::unix_ms());
        let written = stream::iter(due).map(|(place, messages)| async move {
            let done = put(redis, place, node, messages).await;
            (place, messages, done)
        });
        let mut written = written.buffer_unordered(AT_ONCE);
        while let Some((place, messages, done)) = written.next().await {
            match done {
                Ok(()) => self.written(place, messages),
                Err(e) => tracing::debug!(error = %e.details(), "a count of messages waits"),
            }
        }
    }
}

async fn put(redis: &Redis, (room, bucket): Place, node: &str, messages: u64) -> Result<(), Error> {
    let key = format!("messages:{{{room}}}:{bucket}");
    let set = redis.call::<Value>("HSET", [key.clone(), node.to_owned(), messages.to_string()]);
    let kept = redis.call::<Value>("EXPIRE", [key, TTL_S.to_owned()]);
    tokio::try_join!(set, kept).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamly_lifecycle::{Readiness, Tasks};
    use streamly_redis::Config;
    use streamly_testkit::redis::RedisServer;

    #[test]
    fn a_count_is_due_until_it_is_written_and_then_when_it_has_grown() {
        let (tally, room) = (Tally::default(), ChannelId::new());
        for ms in [9_999, 10_000, 19_999] {
            tally.said(room, LogId::at(ms));
        }
        let mut due = tally.due(20_000);
        due.sort();
        assert_eq!(due, [((room, 0), 1), ((room, 1), 2)]);
        assert_eq!(tally.due(20_000).len(), 2, "not written yet");
        for (place, messages) in due {
            tally.written(place, messages);
        }
        assert_eq!(tally.due(20_000), []);
        tally.said(room, LogId::at(15_000));
        assert_eq!(tally.due(20_000), [((room, 1), 3)], "with what was counted before");
        tally.written((room, 1), 3);
        assert_eq!(tally.due(60_000), []);
        assert!(tally.0.lock().is_empty(), "what is over and written is forgotten");
    }

    #[tokio::test]
    async fn every_node_writes_its_own_whole_count_and_a_lost_answer_counts_nothing_twice() {
        let server = RedisServer::start().unwrap();
        let redis =
            Redis::new(&Config { url: server.url(), ..Config::default() }, &Readiness::new()).unwrap();
        redis.start(&Shutdown::new(), &Tasks::new()).await.unwrap();
        let (one, two, room) = (Tally::default(), Tally::default(), ChannelId::new());
        let at = LogId::at(crate::socket::unix_ms());
        for _ in 0..3 {
            one.said(room, at);
        }
        two.said(room, at);
        one.write(&redis, "one").await;
        two.write(&redis, "two").await;
        // As if the answer to the first write had not come.
        one.0.lock().values_mut().for_each(|count| count.written = 0);
        one.said(room, at);
        one.write(&redis, "one").await;
        let key = format!("messages:{{{room}}}:{}", at.ms() / BUCKET_MS);
        let mut counts: Vec<String> = redis.call("HVALS", [key.clone()]).await.unwrap();
        counts.sort();
        let ttl: i64 = redis.call("TTL", [key]).await.unwrap();
        assert_eq!((counts, (7_000..=7_200).contains(&ttl)), (vec!["1".to_owned(), "4".to_owned()], true));
    }
}
