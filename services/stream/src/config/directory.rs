//! What an operator can set about the directory.

use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use streamly_config::{Duration, out_of_bounds};

/// What `replica_lag` may be: how far the primary has come is looked at once a second, so with less a standby would have to be at its heels.
const LAG: RangeInclusive<Duration> = Duration::from_secs(2)..=Duration::from_secs(60);

/// Bounds; each says what breaks without it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Directory {
    /// How old an answer may be that is given to others who ask the same, too; zero: each is made anew, which costs the database.
    pub fresh: Duration,
    /// Live channels that can be paged through in the order of their viewers. Memory (20 bytes each) and work of one listing.
    pub depth: u32,
    /// How long a cursor is good, at least.
    pub cursor_life: Duration,
    /// Orders that are kept for cursors; of more the oldest go. Storage: 16 bytes a channel each.
    pub max_listings: u32,
    /// Statements for the directory at once, searches half as many. Connections to the database.
    pub at_once: usize,
    /// Searches of one address (of IPv6: of one /56) that are made or wait; more get 429. One of them is made at a time: without that, who
    /// searches for what is slow keeps everybody else from searching.
    pub searches_of_one: usize,
    /// Orders that are stored a second; the cursors of others are good at this replica alone. Without it anybody makes the database write.
    pub stored_per_second: u32,
    /// Longest time of one statement; without it a search for what is everywhere busies a core.
    pub longest: Duration,
    /// Standbys from which is read what is live and what a search finds: their names as in `postgres.host`, with commas between them. The
    /// rest of `postgres` counts for them too. None: all is read from the primary.
    pub replicas: Option<String>,
    /// How far behind the primary a standby may be that is read from, and a second, the time between two looks; 2 s to 1 min. With those that are
    /// further the primary is asked.
    pub replica_lag: Duration,
}

impl Directory {
    /// What is out of its bounds: the whole key, and what it may be.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        out_of_bounds([("directory.replica_lag", self.replica_lag, LAG)])
    }
}

impl Default for Directory {
    fn default() -> Self {
        Self {
            fresh: Duration::from_secs(1),
            depth: 10_000,
            cursor_life: Duration::from_secs(30 * 60),
            max_listings: 2000,
            at_once: 4,
            searches_of_one: 8,
            stored_per_second: 5,
            longest: Duration::from_secs(2),
            replicas: None,
            replica_lag: Duration::from_secs(2),
        }
    }
}
