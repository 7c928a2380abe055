//! What is known of the ingest nodes: where they are, whether they drain, when each was last heard. In Redis beside the live index, one
//! hash for all, written by whichever replica has the node's lease stream; the clock is Redis's.
//!
//! Nobody's life hangs on it. What cannot be read is not known, and a node that is not known neither takes publishers nor hands
//! anything over; its broadcasts go on by their leases.

pub mod limits;

use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::{sync::LazyLock, time::Duration};
use streamly_proto::stream::v1 as proto;
use streamly_redis::{Redis, Script, Value};
use streamly_rpc::address;
use uuid::Uuid;

/// Hash of all nodes: node id → [`Node`] as JSON with `seen_ms`.
const KEY: &str = "nodes";
/// A node is there if it was heard in this time: three heartbeats. Longer would send publishers to a node that is gone, shorter would call a
/// busy one gone.
pub const SEEN: Duration = Duration::from_secs(3);
/// Most encoders of a node, and characters of an encoder's name.
const MAX_ENCODERS: usize = 16;
const MAX_NAME: usize = 40;
/// Longest address that is kept; a longer one is none.
const MAX_URL: usize = 512;

/// An ingest node as it tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Where edges reach it.
    pub origin_url: String,
    /// Where other nodes reach it; empty: it hands nothing over.
    pub grpc_url: String,
    /// It takes publishers by RTMPS too. Not said by replicas that do not know of it.
    #[serde(default)]
    pub rtmps: bool,
    /// It takes no new publisher.
    pub draining: bool,
    /// What it has and does. Not said by replicas that do not know of it.
    #[serde(default)]
    pub machine: Option<Machine>,
    /// The lease stream that told this: only that one takes it back.
    pub lease: Uuid,
}

/// What a node's machine has and does; whatever else runs on it is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Machine {
    /// Processors; 0: not known.
    pub cores: u32,
    /// Of all processors, in thousandths; 0: nothing, or not known.
    pub busy_permille: u32,
    /// 0: not known.
    pub memory_bytes: u64,
    /// Memory that programs may still get.
    pub memory_available_bytes: u64,
    /// Video encoders in use, best first.
    pub encoders: Vec<String>,
    /// Video encoders that are put aside after faults.
    pub encoders_at_rest: Vec<String>,
    /// Who publishes.
    pub publishers: u32,
    /// Who may at once.
    pub max_publishers: u32,
}

impl Machine {
    /// As a node tells it: lists and names are cut.
    pub fn told(said: &proto::Machine) -> Self {
        let names = |all: &[String]| {
            all.iter().take(MAX_ENCODERS).map(|name| name.chars().take(MAX_NAME).collect()).collect()
        };
        Self {
            cores: said.cores,
            busy_permille: said.busy_permille.min(1000),
            memory_bytes: said.memory_bytes,
            memory_available_bytes: said.memory_available_bytes.min(said.memory_bytes),
            encoders: names(&said.encoders),
            encoders_at_rest: names(&said.encoders_at_rest),
            publishers: said.publishers,
            max_publishers: said.max_publishers,
        }
    }
}

impl Node {
    /// A node that takes publishers, by RTMP alone. An address that cannot be one is none.
    pub fn new(origin_url: &str, grpc_url: &str) -> Self {
        // Where in the network it may be is the calling node's setting.
        let usable = grpc_url.len() <= MAX_URL && address::is_http(grpc_url);
        if !usable && !grpc_url.is_empty() {
            tracing::warn!(origin_url, "a node's gRPC address is no address; it hands nothing over");
        }
        Self {
            origin_url: origin_url.chars().take(MAX_URL).collect(),
            grpc_url: if usable { grpc_url.to_owned() } else { String::new() },
            rtmps: false,
            draining: false,
            machine: None,
            lease: Uuid::now_v7(),
        }
    }
}

/// KEYS[1]: the nodes. ARGV: node id, its entry, ms for which an entry is kept, ms for which a node counts as there. Answers how many
/// others are there and take publishers, and how many of them by RTMPS too.
const NOTE: &str = r#"
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local kept, there = tonumber(ARGV[3]), tonumber(ARGV[4])
-- Put behind the other members: written anew by cjson, an empty list would come out as an object.
local entry = string.sub(ARGV[2], 1, -2) .. string.format(',"seen_ms":%.0f}', now)
redis.call('HSET', KEYS[1], ARGV[1], entry)
redis.call('PEXPIRE', KEYS[1], kept)
local others, rtmps, all = 0, 0, redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local read, node = pcall(cjson.decode, all[i + 1])
  local seen = read and type(node) == 'table' and tonumber(node.seen_ms)
  if not seen or now - seen > kept then
    redis.call('HDEL', KEYS[1], all[i])
  elseif all[i] ~= ARGV[1] and node.draining == false and now - seen <= there then
    others = others + 1
    if node.rtmps == true then rtmps = rtmps + 1 end
  end
end
return {others, rtmps}
"#;

/// Others than one node that take publishers at this moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Others {
    /// How many.
    pub nodes: u32,
    /// How many of them take RTMPS too.
    pub rtmps: u32,
}

/// Notes that the node is there; `kept`: for how long its entry stays. Answers who else takes publishers.
pub async fn note(redis: &Redis, id: &str, node: &Node, kept: Duration) -> Result<Others, Error> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(NOTE));
    let entry = serde_json::to_string(node)?;
    let args = [id.to_owned(), entry, millis(kept.max(SEEN)), millis(SEEN)];
    let (nodes, rtmps): (u32, u32) = SCRIPT.run(redis, [KEY.to_owned()], args).await?;
    Ok(Others { nodes, rtmps })
}

/// KEYS[1]: the nodes. ARGV: node id, ms for which a node counts as there. Its entry, if it is there.
const FIND: &str = r"
local entry = redis.call('HGET', KEYS[1], ARGV[1])
if not entry then return false end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local read, node = pcall(cjson.decode, entry)
local seen = read and type(node) == 'table' and tonumber(node.seen_ms)
if not seen or now - seen > tonumber(ARGV[2]) then return false end
return entry
";

/// A node that is there; `None`: it has not been heard lately.
pub async fn find(redis: &Redis, id: &str) -> Result<Option<Node>, Error> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(FIND));
    let entry: Option<String> = SCRIPT.run(redis, [KEY.to_owned()], [id.to_owned(), millis(SEEN)]).await?;
    Ok(entry.as_deref().map(serde_json::from_str).transpose()?)
}

/// KEYS[1]: the nodes. The clock in milliseconds, and all entries as they are kept.
const ALL: &str = r"
local clock = redis.call('TIME')
return {clock[1] * 1000 + math.floor(clock[2] / 1000), redis.call('HGETALL', KEYS[1])}
";

/// A node as it was heard last.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Its name.
    pub id: String,
    /// What it said.
    pub node: Node,
    /// How long ago.
    pub ago: Duration,
}

/// All nodes that are kept, by name, also those that have fallen silent just now. What cannot be read is none.
pub async fn all(redis: &Redis) -> Result<Vec<Heard>, Error> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(ALL));
    let (now, entries): (u64, Vec<String>) =
        SCRIPT.run(redis, [KEY.to_owned()], std::iter::empty::<String>()).await?;
    let heard = |pair: &[String]| {
        let entry: serde_json::Value = serde_json::from_str(pair.get(1)?).ok()?;
        let seen = entry.get("seen_ms")?.as_u64()?;
        let node = serde_json::from_value(entry).ok()?;
        Some(Heard { id: pair.first()?.clone(), node, ago: Duration::from_millis(now.saturating_sub(seen)) })
    };
    let mut all: Vec<Heard> = entries.chunks(2).filter_map(heard).collect();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(all)
}

/// KEYS[1]: the nodes. ARGV: node id, lease stream. An entry of another lease stream stays: the node is back already.
const FORGET: &str = r"
local entry = redis.call('HGET', KEYS[1], ARGV[1])
if not entry then return 0 end
local read, node = pcall(cjson.decode, entry)
if read and type(node) == 'table' and node.lease ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])
";

/// The node's lease stream has ended: it is not there, unless it has another one meanwhile.
pub async fn forget(redis: &Redis, id: &str, node: &Node) -> Result<(), Error> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(FORGET));
    SCRIPT.run::<Value>(redis, [KEY.to_owned()], [id.to_owned(), node.lease.to_string()]).await?;
    Ok(())
}

fn millis(time: Duration) -> String {
    time.as_millis().to_string()
}

#[cfg(test)]
mod tests {
    use super::Node;

    #[test]
    fn an_entry_of_a_replica_that_does_not_know_of_rtmps_is_read_as_without() {
        let known = Node { rtmps: true, ..Node::new("http://o", "http://10.0.0.5:9000") };
        let mut entry = serde_json::to_value(&known).unwrap();
        assert_eq!(serde_json::from_value::<Node>(entry.clone()).unwrap(), known);
        entry.as_object_mut().unwrap().remove("rtmps").expect("it is told");
        assert_eq!(serde_json::from_value::<Node>(entry).unwrap(), Node { rtmps: false, ..known });
    }

    #[test]
    fn what_cannot_be_an_address_is_none() {
        let long = format!("http://{}", "a".repeat(600));
        for (said, kept) in [
            ("http://10.0.0.5:9000", "http://10.0.0.5:9000"),
            ("http://[fd00::5]:9000", "http://[fd00::5]:9000"),
            ("https://ingest-0.ingest:9000", ""),
            ("http://a@10.0.0.5:9000", ""),
            ("http://10.0.0.5:9000/elsewhere", ""),
            ("http://10.0.0.5:9000?to=elsewhere", ""),
            ("http://", ""),
            ("http", ""),
            ("", ""),
            ("10.0.0.5:9000", ""),
            ("file:///etc/passwd", ""),
            ("http://a b", ""),
            (long.as_str(), ""),
        ] {
            assert_eq!(Node::new("http://o", said).grpc_url, kept, "{said}");
        }
    }
}
