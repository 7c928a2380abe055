//! Playback sessions seen at this edge, and their count per broadcast for `stream` to sum (docs/ARCHITECTURE.md: viewers).
//!
//! A session is a `sid` that an edge gave out (`sids`) with a playlist request in the last 30 s. Bounded: beyond the bound new ones are not counted, and the metric
//! `streamly_web_sessions_uncounted_total` says so.

use parking_lot::Mutex;
use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use streamly_lifecycle::Shutdown;
use streamly_redis::{Redis, Value};

/// A session without a playlist request for this long is over.
const IDLE: Duration = Duration::from_secs(30);
/// How often counts are written.
const WRITE: Duration = Duration::from_secs(5);
/// Life of a broadcast's hash without a write, seconds.
const KEY_TTL_S: &str = "30";

/// The sessions of this edge.
pub(crate) struct Sessions {
    seen: Mutex<HashMap<String, HashMap<u64, Instant>>>,
    hasher: RandomState,
    max: usize,
    edge_id: String,
}

impl Sessions {
    pub(crate) fn new(edge_id: String, max: usize) -> Self {
        Self { seen: Mutex::default(), hasher: RandomState::new(), max, edge_id }
    }

    /// A session of a broadcast asked for a playlist. Only for broadcasts that exist and sids that were given out: what
    /// anybody can invent must not get here.
    pub(crate) fn saw(&self, broadcast: &str, sid: &str, now: Instant) {
        let sid = self.hasher.hash_one(sid);
        let mut seen = self.seen.lock();
        if let Some(sessions) = seen.get_mut(broadcast)
            && let Some(last) = sessions.get_mut(&sid)
        {
            *last = now;
            return;
        }
        if seen.values().map(HashMap::len).sum::<usize>() >= self.max {
            metrics::counter!("streamly_web_sessions_uncounted_total").increment(1);
            return;
        }
        seen.entry(broadcast.to_owned()).or_default().insert(sid, now);
    }

    /// Forgets idle sessions; the count per broadcast, 0 for those that just lost their last.
    fn counts(&self, now: Instant) -> Vec<(String, usize)> {
        let mut seen = self.seen.lock();
        for sessions in seen.values_mut() {
            sessions.retain(|_, last| now.duration_since(*last) < IDLE);
        }
        let counts = seen.iter().map(|(b, s)| (b.clone(), s.len())).collect();
        seen.retain(|_, sessions| !sessions.is_empty());
        counts
    }

    /// Writes the counts until the stop.
    pub(crate) async fn write(&self, redis: Redis, shutdown: Shutdown) {
        loop {
            tokio::select! {
                () = shutdown.started() => return,
                () = tokio::time::sleep(WRITE) => {}
            }
            let counts = self.counts(Instant::now());
            metrics::gauge!("streamly_web_sessions")
                .set(counts.iter().map(|(_, n)| *n).sum::<usize>() as f64);
            let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis());
            for (broadcast, count) in counts {
                let key = format!("viewers:{broadcast}");
                let set = redis
                    .call::<Value>("HSET", [key.clone(), self.edge_id.clone(), format!("{count}:{at}")])
                    .await;
                let kept = redis.call::<Value>("EXPIRE", [key, KEY_TTL_S.into()]).await;
                if set.and(kept).is_err() {
                    break; // Redis is away; the next write has the same counts.
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{IDLE, Sessions};
    use std::time::{Duration, Instant};

    #[test]
    fn a_session_counts_once_until_it_is_idle_and_the_map_is_bounded() {
        let (s, t) = (Sessions::new("e".into(), 3), Instant::now());
        for sid in ["a", "b", "a", "a"] {
            s.saw("x", sid, t);
        }
        s.saw("y", "a", t);
        s.saw("y", "b", t);
        let mut counts = s.counts(t);
        counts.sort();
        assert_eq!(counts, [("x".into(), 2), ("y".into(), 1)], "the fourth is over the bound");
        s.saw("x", "a", t + IDLE - Duration::from_secs(1));
        let mut later = s.counts(t + IDLE);
        later.sort();
        assert_eq!(later, [("x".into(), 1), ("y".into(), 0)]);
        assert_eq!(s.counts(t + IDLE), [("x".to_string(), 1)]);
    }
}
