//! What an operator can set about the directory.

use serde::Deserialize;
use streamly_config::Duration;

/// Bounds; each says what breaks without it.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Directory {
    /// How long an answer is given to others who ask the same; zero: each is made anew, which costs the database.
    pub fresh: Duration,
    /// Live channels that can be paged through in the order of their viewers. Memory and work of one listing.
    pub depth: u32,
    /// How long a cursor is good, at least.
    pub cursor_life: Duration,
    /// Orders that are kept for cursors; of more the oldest go. Storage: 16 bytes a channel each.
    pub max_listings: u32,
    /// Answers that are made at once. Connections to the database.
    pub at_once: usize,
    /// Longest time of one statement; without it a search for what is everywhere busies a core.
    pub longest: Duration,
}

impl Default for Directory {
    fn default() -> Self {
        Self {
            fresh: Duration::from_secs(1),
            depth: 10_000,
            cursor_life: Duration::from_secs(30 * 60),
            max_listings: 2000,
            at_once: 4,
            longest: Duration::from_secs(2),
        }
    }
}
