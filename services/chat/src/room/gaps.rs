//! Breaks in a room's chain of ids, as they are read: each event names the one before it, and what stands between was deleted, which
//! the log says, or is lost, which it cannot say.

use crate::{
    bus::{Entry, Kind},
    log_id::LogId,
};

/// Breaks and deletions that are remembered in one reading; of more, some losses are not named.
const MAX: usize = 512;

/// The breaks of one reading of the log.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    /// The event before, and the newest that is missing.
    open: Vec<(LogId, LogId)>,
    deleted: Vec<LogId>,
    cleared: LogId,
}

impl Gaps {
    /// `e` goes out after `last`.
    pub(super) fn passed(&mut self, last: LogId, e: &Entry) {
        if e.prev > last && self.open.len() < MAX {
            self.open.push((last, e.prev));
        }
        match e.kind {
            Kind::Deleted if self.deleted.len() < MAX => self.deleted.extend(e.target()),
            Kind::Cleared => self.cleared = e.id,
            _ => {}
        }
    }

    /// The breaks that no deletion accounts for. Ends the reading.
    pub(super) fn unexplained(&mut self) -> Vec<(LogId, LogId)> {
        let Self { open, deleted, cleared } = std::mem::take(self);
        open.into_iter().filter(|(_, missing)| *missing > cleared && !deleted.contains(missing)).collect()
    }
}
