//! The connection to a peer, made anew from time to time, so that calls come to all instances behind one address.
//!
//! Who leads connections (a Service of Kubernetes, a balancer of TCP) leads one of HTTP/2 once, and every call of its life goes to one instance:
//! those that were added since would never be asked. And of a machine that is gone HTTP/2's own questions tell only after a quarter of a
//! minute. So a connection that is old, or brought no answer, is not used for what is asked next. Who is under way on it goes on there, a
//! stream for as long as it lasts; it closes with the last of them.

use parking_lot::Mutex;
use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    sync::Arc,
    time::{Duration, Instant},
};
use tonic::transport::{Channel, Endpoint};

/// How long one is used, about: often enough for instances that were added, and seldom beside what a connection costs.
const LIFE: Duration = Duration::from_secs(300);
/// Between two that are made because the one before brought no answer: a peer that is merely slow is not connected to again with each call.
const AGAIN: Duration = Duration::from_secs(1);

/// See the module's head. Clones share it.
#[derive(Clone)]
pub(crate) struct Line {
    endpoint: Endpoint,
    life: Duration,
    current: Arc<Mutex<Current>>,
}

struct Current {
    channel: Channel,
    since: Instant,
    until: Instant,
}

impl Line {
    /// Connects with the first call. Needs a tokio runtime.
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self::with_life(endpoint, LIFE)
    }

    /// The same with another life.
    fn with_life(endpoint: Endpoint, life: Duration) -> Self {
        let current = Current::new(&endpoint, life, Instant::now());
        Self { endpoint, life, current: Arc::new(Mutex::new(current)) }
    }

    /// The same peer by connections that are used for so long.
    pub(crate) fn living(self, life: Duration) -> Self {
        Self::with_life(self.endpoint, life)
    }

    /// What is asked now goes over this one.
    pub(crate) fn channel(&self, now: Instant) -> Channel {
        let mut current = self.current.lock();
        if now >= current.until {
            *current = Current::new(&self.endpoint, self.life, now);
        }
        current.channel.clone()
    }

    /// Nobody answered on it.
    pub(crate) fn missed(&self, now: Instant) {
        let mut current = self.current.lock();
        if now.saturating_duration_since(current.since) >= AGAIN {
            current.until = now;
        }
    }
}

impl Current {
    fn new(endpoint: &Endpoint, life: Duration, now: Instant) -> Self {
        Self { channel: endpoint.connect_lazy(), since: now, until: now + spread(life) }
    }
}

/// Three to five quarters of it: instances that were started together do not connect together ever after.
fn spread(life: Duration) -> Duration {
    let part = u32::try_from(RandomState::new().hash_one(life) % 512).unwrap_or_default();
    life * 3 / 4 + life * part / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_are_spread_about_what_is_wanted() {
        for _ in 0..100 {
            let life = spread(LIFE);
            assert!((LIFE * 3 / 4..=LIFE * 5 / 4).contains(&life), "{life:?}");
        }
        assert_eq!(spread(Duration::ZERO), Duration::ZERO);
    }

    #[tokio::test]
    async fn one_that_brought_no_answer_is_left_but_not_more_often_than_once_a_second() {
        let line = Line::new(Endpoint::from_static("http://127.0.0.1:1"));
        let start = line.current.lock().since;
        let used_since = |now: Instant| {
            line.channel(now);
            line.current.lock().since
        };
        line.missed(start + AGAIN / 2);
        assert_eq!(used_since(start + AGAIN / 2), start, "it has just been made");
        line.missed(start + AGAIN);
        assert_eq!(used_since(start + AGAIN), start + AGAIN);
        line.missed(start + AGAIN * 3 / 2);
        assert_eq!(used_since(start + AGAIN * 3 / 2), start + AGAIN);
        let old = start + LIFE * 2;
        assert_eq!(used_since(old), old, "what is old is left as well");
    }
}
