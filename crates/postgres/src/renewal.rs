//! From when on connections are used: those that are older are closed instead of being given out again.
//!
//! A connection that was broken closes itself. One to a machine that lost its power, to a server that hangs, or to one that takes no writes
//! any more looks like any other; when one of these is found out, all that are as old are given up with it.

use deadpool_postgres::{Hook, HookError};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

/// Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Renewal {
    began: Instant,
    /// Microseconds since then; connections that were made until that moment are given up.
    until: Arc<AtomicU64>,
}

impl Renewal {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), until: Arc::new(AtomicU64::new(0)) }
    }

    /// Gives up what was made until `then`.
    pub(crate) fn renew(&self, then: Instant) {
        self.until.fetch_max(self.micros(then), Relaxed);
    }

    /// Whether a connection that was made at `made` is given up.
    fn gives_up(&self, made: Instant) -> bool {
        self.micros(made) <= self.until.load(Relaxed)
    }

    fn micros(&self, then: Instant) -> u64 {
        u64::try_from(then.saturating_duration_since(self.began).as_micros()).unwrap_or(u64::MAX)
    }

    /// For the pool: looked at before a connection is given out again.
    pub(crate) fn hook(&self) -> Hook {
        let this = self.clone();
        Hook::sync_fn(move |_, metrics| match this.gives_up(metrics.created) {
            true => Err(HookError::message("as old as one that did not work")),
            false => Ok(()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_is_as_old_as_one_that_did_not_work_is_given_up_and_nothing_newer() {
        let renewal = Renewal::new();
        let at = |s: u64| renewal.began + Duration::from_secs(s);
        assert!(!renewal.gives_up(at(1)), "all work");
        renewal.clone().renew(at(5));
        assert!(renewal.gives_up(at(1)) && renewal.gives_up(at(5)) && !renewal.gives_up(at(6)));
        renewal.renew(at(3));
        assert!(renewal.gives_up(at(5)), "an older one that did not work changes nothing");
    }
}
