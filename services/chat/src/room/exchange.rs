//! What the driver brings to a room's machine, and what the machine asks of it.
//!
//! Order and law of use are [`Room`](super::Room)'s. Nothing here does anything.

use crate::{bus::Entry, log_id::LogId};

/// What the driver brings.
#[derive(Debug, Clone)]
pub enum Input {
    /// Came over pub/sub, from the server that this node knows the log of.
    Published(Entry),
    /// Came over pub/sub from another server: from one that is no more, or from one that this node has not compared its memory with.
    Foreign(Entry),
    /// Pub/sub may have lost something, or the log is being put together again or whole again.
    Gap,
    /// The answer to a read.
    Read {
        /// Events after the asked id, oldest first.
        entries: Vec<Entry>,
        /// Whether the page was full.
        more: bool,
        /// The last id that was given out when it was read.
        last: LogId,
        /// The id after which the log has everything that was not deleted.
        from: LogId,
    },
    /// The other answer to a read or a reload: this node has to bring what it remembers.
    Unsettled {
        /// What is older is there.
        base: LogId,
    },
    /// The node's memory is in the log.
    Seeded {
        /// Whether nobody else is waited for.
        settled: bool,
        /// Whether the log has events below the last one given out that were not.
        strange: bool,
    },
    /// The clients have the room anew, up to this id.
    Reloaded(LogId),
    /// What was asked for failed; it is asked again at the next `Retry`.
    Failed,
    /// Time to try again what failed, and to look whether the log is whole.
    Retry,
}

/// What the driver does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Give this to the sockets.
    Deliver(Entry),
    /// Read the log after this id.
    Read(LogId),
    /// Bring what memory and [`Room::waiting`] have after this id into the log.
    Seed(LogId),
    /// Load the room anew and give it to the sockets.
    Reload,
    /// Nobody has what was between these two any more.
    Lost {
        /// The event before.
        after: LogId,
        /// The newest that is known to be missing.
        missing: LogId,
    },
}
