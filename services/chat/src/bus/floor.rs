//! What this node has seen of a room: the highest id and the generation it came from. Scripts get it, so that no id is given twice
//! and nothing is written into a log that lacks what the node remembers.
//!
//! The room's driver keeps it; writers hold a clone that stays current, also over their retries.

use crate::log_id::LogId;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::Notify;

/// Clones see the same. The default is that of a room that is not open here.
#[derive(Debug, Clone, Default)]
pub struct Floor {
    seen: Arc<Mutex<(LogId, String)>>,
    look: Arc<Notify>,
}

impl Floor {
    /// The highest id that this node has seen, delivered or not.
    pub fn id(&self) -> LogId {
        self.seen.lock().0
    }
    /// The generation of the log it belongs to, and the server it was on; empty if the room is not open.
    pub fn generation(&self) -> String {
        self.seen.lock().1.clone()
    }
    /// An id was seen; lower ones change nothing.
    pub fn rise(&self, id: LogId) {
        let mut seen = self.seen.lock();
        seen.0 = seen.0.max(id);
    }
    /// The log is of this generation.
    pub fn enter(&self, generation: &str) {
        let mut seen = self.seen.lock();
        if seen.1 != generation {
            generation.clone_into(&mut seen.1);
        }
    }
    /// The log was not usable: the room's driver looks why.
    pub fn nudge(&self) {
        self.look.notify_one();
    }
    /// Waits for a nudge. For the driver alone. Cancel-safe.
    pub async fn nudged(&self) {
        self.look.notified().await;
    }
}
