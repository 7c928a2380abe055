//! What a node brings to a log that may lack it, and what came of that.

use super::{
    Entry, Floor, Kind, Log,
    scripts::{Answer, key, text},
};
use crate::log_id::LogId;
use std::sync::Arc;
use streamly_domain::ChannelId;
use streamly_redis::{Error, Value};

/// Events older than this had their nonces forgotten anyway, milliseconds (CONTRACT: within 2 minutes).
const NONCE_MS: u64 = 120_000;

/// A node's memory of a room.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// The id after which `entries` are all that there were, deleted ones left out.
    pub from: LogId,
    /// The last one that this node gave out.
    pub delivered: LogId,
    /// The log as it was when this node was told what to bring; empty if it was not told.
    pub log: String,
    /// Oldest first.
    pub entries: Vec<Arc<Entry>>,
    /// The nodes that have the room open, as last heard.
    pub nodes: Vec<String>,
}

/// What a log is like after a node brought its memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seeded {
    /// The log's generation and server from now on.
    pub generation: String,
    /// Whether nobody is waited for any more.
    pub settled: bool,
    /// Events that the log did not have.
    pub added: u64,
    /// Events in whose place the log has another one: they are lost.
    pub clashes: u64,
    /// Events of the log that this node has not given out and is beyond.
    pub strange: u64,
    /// The nodes that have the room open.
    pub nodes: Vec<String>,
    /// From where nodes brought back something to the log's end then: whoever saw something of it last may lack some.
    pub late: Option<(LogId, LogId)>,
}

impl Log {
    /// Brings what this node remembers; an empty memory only opens the room. Idempotent. Errors: Redis is away.
    pub async fn seed(&self, room: ChannelId, floor: &Floor, memory: &Memory) -> Result<Seeded, Error> {
        let (mut keys, mut args) = (Vec::new(), Vec::new());
        args.extend([memory.from.to_string(), memory.delivered.to_string(), memory.log.clone()]);
        args.push(memory.nodes.len().to_string());
        args.extend(memory.nodes.iter().cloned());
        let remembered = crate::socket::unix_ms().saturating_sub(NONCE_MS);
        for e in memory.entries.iter().filter(|e| e.id > memory.from) {
            let (author, nonce) =
                (e.author.map(|a| a.to_string()).unwrap_or_default(), e.nonce.clone().unwrap_or_default());
            let mut number = 0;
            if e.kind == Kind::Message && !nonce.is_empty() && e.id.ms() >= remembered {
                keys.push(key(room, &format!("n:{author}:{nonce}")));
                number = keys.len();
            }
            args.extend([e.id.to_string(), e.prev.to_string(), e.kind.as_str().to_owned()]);
            args.extend([author, nonce, e.body.clone(), number.to_string()]);
        }
        let Answer::Done(values) = self.scripts.run(&self.scripts.seed, room, floor, keys, args).await?
        else {
            return Err(Error::NotReady("the room's log cannot be seeded"));
        };
        let mut values = values.into_iter();
        let mut next = || text(values.next());
        let generation = next();
        let settled = next() == "1";
        let _last = next();
        let [added, clashes, strange] = std::array::from_fn(|_| next().parse().unwrap_or(0));
        let nodes = values.next().map(list).unwrap_or_default();
        let mut late = || text(values.next()).parse().ok();
        let late = late().zip(late());
        Ok(Seeded { generation, settled, added, clashes, strange, nodes, late })
    }
}

/// Texts of an array.
pub(super) fn list(value: Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.into_iter().filter_map(Value::into_string).collect(),
        _ => Vec::new(),
    }
}
