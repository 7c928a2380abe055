//! The connection to a peer, made anew from time to time, so that calls come to all instances behind one address.
//!
//! Who leads connections (a Service of Kubernetes, a balancer of TCP) leads one of HTTP/2 once, and every call of its life goes to one instance:
//! those that were added since would never be asked. And of a machine that is gone HTTP/2's own questions tell only after a quarter of a
//! minute. So a connection that is old, or brought no answer, is not used for what is asked next. Who is under way on it goes on there, a
//! stream for as long as it lasts; it closes with the last of them.
//!
//! Whoever asks first has the next one made, but it lives where the first one was made: runtimes of single threads, such as those of an HTTP
//! server, end before others, and all callers share it.

use parking_lot::Mutex;
use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::runtime::Handle;
use tonic::transport::{Channel, Endpoint};

/// How long one is used, about: often enough for instances that were added, and seldom beside what a connection costs.
const LIFE: Duration = Duration::from_secs(300);
/// Between two that are made because the one before brought no answer: a peer that is merely slow is not connected to again with each call.
const AGAIN: Duration = Duration::from_secs(1);

/// See the module's head. Clones share it.
#[derive(Clone)]
pub(crate) struct Line {
    endpoint: Endpoint,
    runtime: Handle,
    life: Duration,
    current: Arc<Mutex<Current>>,
}

/// One connection: when it was made says which.
#[derive(Clone)]
pub(crate) struct Used {
    pub(crate) channel: Channel,
    since: Instant,
}

struct Current {
    used: Used,
    until: Instant,
}

impl Line {
    /// Connects with the first call. Needs a tokio runtime, which all connections live in.
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self::with_life(endpoint, Handle::current(), LIFE)
    }

    /// The same peer by connections that are used for so long.
    pub(crate) fn living(self, life: Duration) -> Self {
        Self::with_life(self.endpoint, self.runtime, life)
    }

    fn with_life(endpoint: Endpoint, runtime: Handle, life: Duration) -> Self {
        let current = Current::new(&endpoint, &runtime, life, Instant::now());
        Self { endpoint, runtime, life, current: Arc::new(Mutex::new(current)) }
    }

    /// What is asked now goes over this one.
    pub(crate) fn get(&self, now: Instant) -> Used {
        let mut current = self.current.lock();
        if now >= current.until {
            *current = Current::new(&self.endpoint, &self.runtime, self.life, now);
        }
        current.used.clone()
    }

    /// Nobody answered on it. Of one that was left already that says nothing of the one after it.
    pub(crate) fn missed(&self, used: &Used, now: Instant) {
        let mut current = self.current.lock();
        let since = current.used.since;
        if since == used.since && now.saturating_duration_since(since) >= AGAIN {
            current.until = now;
        }
    }
}

impl Current {
    fn new(endpoint: &Endpoint, runtime: &Handle, life: Duration, now: Instant) -> Self {
        let _there = runtime.enter();
        let used = Used { channel: endpoint.connect_lazy(), since: now };
        Self { used, until: now + spread(life) }
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
        let first = line.current.lock().used.clone();
        let start = first.since;
        line.missed(&first, start + AGAIN / 2);
        assert_eq!(line.get(start + AGAIN / 2).since, start, "it has just been made");
        line.missed(&first, start + AGAIN);
        let second = line.get(start + AGAIN);
        assert_eq!(second.since, start + AGAIN);
        line.missed(&second, start + AGAIN * 3 / 2);
        line.missed(&first, start + AGAIN * 3);
        assert_eq!(
            line.get(start + AGAIN * 3).since,
            start + AGAIN,
            "who waited on the one before is no reason"
        );
        let old = start + LIFE * 2;
        assert_eq!(line.get(old).since, old, "what is old is left as well");
    }
}
