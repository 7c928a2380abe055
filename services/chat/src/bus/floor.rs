//! What this node has seen of a room: the highest id and the generation it came from. Scripts get it, so that no id is given twice
//! and nothing is written into a log that lacks what the node remembers.
//!
//! The room's driver keeps it; writers hold a clone that stays current, also over their retries.

use crate::log_id::LogId;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::Notify;

/// Digits of a replication id that tell servers apart, as `bus/lua/room.lua` publishes them.
const SERVER_DIGITS: usize = 12;

/// A Redis server as long as it keeps its data: another one after each restart and failover. The default is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Server(u64);

impl Server {
    /// By its replication id, or the beginning of it; the default if it is none.
    pub fn of(replication_id: &str) -> Self {
        let digits = replication_id.get(..SERVER_DIGITS).unwrap_or(replication_id);
        Self(u64::from_str_radix(digits, 16).unwrap_or_default())
    }
}

#[derive(Debug, Default)]
struct Seen {
    id: LogId,
    generation: String,
    server: Server,
}

/// Clones see the same. The default is that of a room that is not open here.
#[derive(Debug, Clone, Default)]
pub struct Floor {
    seen: Arc<Mutex<Seen>>,
    look: Arc<Notify>,
}

impl Floor {
    /// The highest id that this node has seen, delivered or not.
    pub fn id(&self) -> LogId {
        self.seen.lock().id
    }
    /// The generation of the log it belongs to, and the server it was on; empty if the room is not open.
    pub fn generation(&self) -> String {
        self.seen.lock().generation.clone()
    }
    /// An id was seen; lower ones change nothing.
    pub fn rise(&self, id: LogId) {
        let mut seen = self.seen.lock();
        seen.id = seen.id.max(id);
    }
    /// The log is of this generation.
    pub fn enter(&self, generation: &str) {
        let mut seen = self.seen.lock();
        if seen.generation != generation {
            let server = generation.split_once('@').map_or("", |(_, server)| server);
            seen.server = Server::of(server.split_once('#').map_or(server, |(server, _)| server));
            generation.clone_into(&mut seen.generation);
        }
    }
    /// An id was seen in what this server published; answers whether it is the one that the log as this node knows it is on.
    pub fn hear(&self, id: LogId, server: Server) -> bool {
        let mut seen = self.seen.lock();
        seen.id = seen.id.max(id);
        seen.server == server
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_server_published_is_told_apart() {
        let (id, replication) = (|n| LogId::new(1, n).unwrap(), "0123456789abcdef0123456789abcdef01234567");
        let floor = Floor::default();
        assert!(!floor.hear(id(1), Server::of(&replication[..12])), "not open");
        floor.enter(&format!("17-0123456789ab@{replication}#3"));
        assert!(floor.hear(id(2), Server::of(&replication[..12])));
        assert!(!floor.hear(id(3), Server::of("0123456789ac")));
        assert_eq!(floor.id(), id(3), "seen all the same");
        assert_eq!(Server::of("no server"), Server::default());
    }
}
