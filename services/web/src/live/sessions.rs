//! Playback sessions seen at this edge, and their count per broadcast for `stream` to sum (docs/ARCHITECTURE.md: viewers).
//!
//! A session is a `sid` that an edge gave out (`sids`) with a playlist request in the last 30 s. Bounded: beyond the bound new ones are
//! not counted, and the metric `streamly_web_sessions_uncounted_total` says so.
//!
//! Previews are not viewers, but only the first few of a broadcast: anybody can ask for a preview's sid, so more than `max_previews` of
//! them count as viewers all the same. At most so many real viewers of a broadcast can hide at an edge.

use super::sids::Kind;
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
/// How often changed counts are written.
const WRITE: Duration = Duration::from_secs(1);
/// How often every count is written: `stream` leaves out what is older than 15 s.
const REPEAT: Duration = Duration::from_secs(5);
/// Life of a broadcast's hash without a write, seconds.
const KEY_TTL_S: &str = "30";

/// The sessions of this edge.
pub(crate) struct Sessions {
    seen: Mutex<HashMap<String, HashMap<u64, Session>>>,
    hasher: RandomState,
    max: usize,
    max_previews: usize,
    edge_id: String,
}

struct Session {
    kind: Kind,
    last: Instant,
}

/// What was last written of each broadcast, and when all of them were.
struct Written {
    counts: HashMap<String, usize>,
    all_at: Option<Instant>,
}

impl Written {
    /// Those of `counts` that are due to be written.
    fn due(&mut self, counts: Vec<(String, usize)>, now: Instant) -> Vec<(String, usize)> {
        let all = self.all_at.is_none_or(|at| now.duration_since(at) >= REPEAT);
        if all {
            self.all_at = Some(now);
        }
        let mut known = HashMap::with_capacity(counts.len());
        let due = counts
            .iter()
            .filter(|(broadcast, count)| {
                let before = self.counts.get(broadcast);
                known.insert(broadcast.clone(), *count);
                all || before != Some(count)
            })
            .cloned()
            .collect();
        self.counts = known;
        due
    }

    /// A write failed: everything is due again.
    fn forget(&mut self) {
        self.all_at = None;
    }
}

impl Sessions {
    pub(crate) fn new(edge_id: String, max: usize, max_previews: usize) -> Self {
        Self { seen: Mutex::default(), hasher: RandomState::new(), max, max_previews, edge_id }
    }

    /// A session of a broadcast asked for a playlist. Only for broadcasts that exist and sids that were given out: what
    /// anybody can invent must not get here.
    pub(crate) fn saw(&self, broadcast: &str, sid: &str, kind: Kind, now: Instant) {
        let sid = self.hasher.hash_one(sid);
        let mut seen = self.seen.lock();
        if let Some(sessions) = seen.get_mut(broadcast)
            && let Some(session) = sessions.get_mut(&sid)
        {
            session.last = now;
            return;
        }
        if seen.values().map(HashMap::len).sum::<usize>() >= self.max {
            metrics::counter!("streamly_web_sessions_uncounted_total").increment(1);
            return;
        }
        seen.entry(broadcast.to_owned()).or_default().insert(sid, Session { kind, last: now });
    }

    /// Forgets idle sessions; the viewers per broadcast, 0 for those that just lost their last.
    fn counts(&self, now: Instant) -> Vec<(String, usize)> {
        let mut seen = self.seen.lock();
        for sessions in seen.values_mut() {
            sessions.retain(|_, session| now.duration_since(session.last) < IDLE);
        }
        let viewers = |sessions: &HashMap<u64, Session>| {
            let previews = sessions.values().filter(|s| s.kind == Kind::Preview).count();
            sessions.len() - previews.min(self.max_previews)
        };
        let counts = seen.iter().map(|(b, sessions)| (b.clone(), viewers(sessions))).collect();
        seen.retain(|_, sessions| !sessions.is_empty());
        counts
    }

    /// Writes the counts until the stop.
    pub(crate) async fn write(&self, redis: Redis, shutdown: Shutdown) {
        let mut written = Written { counts: HashMap::new(), all_at: None };
        loop {
            tokio::select! {
                () = shutdown.started() => return,
                () = tokio::time::sleep(WRITE) => {}
            }
            let counts = self.counts(Instant::now());
            metrics::gauge!("streamly_web_sessions")
                .set(counts.iter().map(|(_, n)| *n).sum::<usize>() as f64);
            let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis());
            for (broadcast, count) in written.due(counts, Instant::now()) {
                let key = format!("viewers:{broadcast}");
                let set = redis
                    .call::<Value>("HSET", [key.clone(), self.edge_id.clone(), format!("{count}:{at}")])
                    .await;
                let kept = redis.call::<Value>("EXPIRE", [key, KEY_TTL_S.into()]).await;
                if set.and(kept).is_err() {
                    // Redis is away; the next write has all counts.
                    written.forget();
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{IDLE, Kind, REPEAT, Sessions, Written};
    use std::{
        collections::HashMap,
        time::{Duration, Instant},
    };

    #[test]
    fn a_session_counts_once_until_it_is_idle_and_the_map_is_bounded() {
        let (s, t) = (Sessions::new("e".into(), 3, 1), Instant::now());
        for sid in ["a", "b", "a", "a"] {
            s.saw("x", sid, Kind::Viewer, t);
        }
        s.saw("y", "a", Kind::Viewer, t);
        s.saw("y", "b", Kind::Viewer, t);
        let mut counts = s.counts(t);
        counts.sort();
        assert_eq!(counts, [("x".into(), 2), ("y".into(), 1)], "the fourth is over the bound");
        s.saw("x", "a", Kind::Viewer, t + IDLE - Duration::from_secs(1));
        let mut later = s.counts(t + IDLE);
        later.sort();
        assert_eq!(later, [("x".into(), 1), ("y".into(), 0)]);
        assert_eq!(s.counts(t + IDLE), [("x".to_string(), 1)]);
    }

    #[test]
    fn a_preview_is_no_viewer_and_only_few_can_hide_as_one() {
        let (s, t) = (Sessions::new("e".into(), 100, 2), Instant::now());
        s.saw("x", "own", Kind::Preview, t);
        assert_eq!(s.counts(t), [("x".to_string(), 0)]);
        s.saw("x", "viewer", Kind::Viewer, t);
        assert_eq!(s.counts(t), [("x".to_string(), 1)]);
        for n in 0..20 {
            s.saw("x", &format!("hiding {n}"), Kind::Preview, t);
        }
        assert_eq!(
            s.counts(t),
            [("x".to_string(), 20)],
            "21 previews, of which 2 are not counted, and a viewer"
        );
    }

    #[test]
    fn changed_counts_are_due_at_once_and_all_of_them_now_and_then() {
        let (mut written, t) = (Written { counts: HashMap::new(), all_at: None }, Instant::now());
        let count = |x, y| vec![("x".to_string(), x), ("y".to_string(), y)];
        assert_eq!(written.due(count(1, 1), t), count(1, 1));
        assert_eq!(written.due(count(1, 1), t), []);
        assert_eq!(written.due(count(1, 2), t), [("y".to_string(), 2)]);
        assert_eq!(written.due(count(1, 2), t + REPEAT), count(1, 2));
        written.forget();
        assert_eq!(written.due(count(1, 2), t + REPEAT), count(1, 2));
    }
}
