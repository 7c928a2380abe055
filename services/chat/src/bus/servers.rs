//! The Redis servers this process has met, by replication id, and how many replicas the last one had.
//!
//! A room without a generation on a server that is new here is perhaps no new room but one whose data is lost: other nodes get time to say so.

use parking_lot::Mutex;
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// Servers that are remembered; a cluster has fewer masters.
const MAX: usize = 64;

#[derive(Debug)]
struct Met {
    id: String,
    since: Instant,
    /// Met when none was known: this process has nothing to compare with.
    first: bool,
}

/// What is known of the servers.
#[derive(Debug, Default)]
pub(super) struct Servers {
    met: Mutex<Vec<Met>>,
    replicas: AtomicU64,
}

impl Servers {
    /// An answer came from this one.
    pub(super) fn heard(&self, id: &str, replicas: u64) {
        self.replicas.store(replicas, Ordering::Relaxed);
        let mut met = self.met.lock();
        if met.iter().any(|m| m.id == id) {
            return;
        }
        if met.len() == MAX {
            met.remove(0);
        }
        let first = met.is_empty();
        met.push(Met { id: id.to_owned(), since: Instant::now(), first });
    }

    /// Those that were there at this process's start or have been for `long` since, in one word.
    pub(super) fn trusted(&self, long: Duration) -> String {
        let met = self.met.lock();
        let trusted = met.iter().filter(|m| m.first || m.since.elapsed() > long);
        trusted.map(|m| m.id.as_str()).collect::<Vec<_>>().join(",")
    }

    /// Replicas of the server that was heard last.
    pub(super) fn replicas(&self) -> u64 {
        self.replicas.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_server_is_trusted_at_once_and_the_next_after_a_while() {
        let servers = Servers::default();
        assert_eq!(servers.trusted(Duration::ZERO), "");
        servers.heard("a", 0);
        servers.heard("b", 2);
        assert_eq!(servers.trusted(Duration::from_secs(60)), "a");
        assert_eq!(servers.trusted(Duration::ZERO), "a,b");
        assert_eq!(servers.replicas(), 2);
    }
}
