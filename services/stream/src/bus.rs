//! Redis: the live index, the words between replicas, facts on `events:stream`, and beside them what only passes. PostgreSQL stays
//! the truth; what is here is for others to read quickly, and lives only as long as heartbeats come.

pub mod counts;

use crate::{
    app::App,
    error::Error,
    store::{broadcasts, broadcasts::Broadcast},
    view,
};
use futures_util::future::try_join_all;
use prost::Message;
use serde::{Deserialize, Serialize};
use std::{sync::LazyLock, time::Duration};
use streamly_domain::{BroadcastId, ChannelId};
use streamly_proto::event::v1::Event;
use streamly_redis::{Redis, Script, Value};
use time::OffsetDateTime;
use uuid::Uuid;

/// A Redis Stream and how many entries it keeps, about.
#[derive(Debug, Clone, Copy)]
pub struct Stream {
    /// Its key.
    pub key: &'static str,
    kept: &'static str,
}

/// The facts, which readers resume.
pub const EVENTS: Stream = Stream { key: "events:stream", kept: "10000" };
/// Health and viewers, of which only the newest word counts and nobody resumes: apart, since one live channel writes as much of them in a
/// quarter of an hour as it has facts in months. Kept for readers that are some seconds behind.
pub const PASSING: Stream = Stream { key: "events:stream:passing", kept: "10000" };
/// Channel on which replicas tell each other of ended broadcasts.
pub const ENDINGS: &str = "stream:endings";
/// How the broadcast of a suspended user ends.
pub const SUSPENDED: &str = "account_suspended";
/// Seconds for which a broadcast's origin stays known: playlists outlive the end.
const ORIGIN_TTL_S: &str = "180";
/// Seconds for which the last heartbeat and health stay known.
const LAST_TTL_S: &str = "600";

/// A broadcast that a node must end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Ending {
    pub node_id: String,
    pub broadcast_id: BroadcastId,
    /// Sessions of this epoch and below.
    pub epoch: u64,
    pub reason: String,
}

/// Tells this replica's lease streams, and those of the others.
pub async fn announce_end(app: &App, ending: Ending) {
    let _ = app.endings.send(ending.clone());
    let Ok(text) = serde_json::to_string(&ending) else { return };
    if let Err(e) = app.redis.call::<Value>("PUBLISH", [ENDINGS.to_owned(), text]).await {
        // The next heartbeat's answer says it again.
        tracing::debug!(error = %e.details(), "an ending was not published");
    }
}

/// KEYS[1]: an entry of the index. ARGV: what it shall be, its TTL in seconds. Of the same broadcast the entry of a higher epoch stays;
/// else the one that was read later: what takes the place of a broadcast begins after the last reading of it as an open one.
const WRITE: &str = r"
local entry = redis.call('GET', KEYS[1])
if entry then
  local read, old = pcall(cjson.decode, entry)
  if read and type(old) == 'table' and type(old.epoch) == 'number' and type(old.read_at_ms) == 'number' then
    local new = cjson.decode(ARGV[1])
    if old.broadcast_id == new.broadcast_id and old.epoch ~= new.epoch then
      if old.epoch > new.epoch then return 0 end
    elseif old.read_at_ms > new.read_at_ms then
      return 0
    end
  end
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
";

async fn set_newer(redis: &Redis, key: String, entry: String, ttl: &str) -> Result<(), Error> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(WRITE));
    SCRIPT.run::<Value>(redis, [key], [entry, ttl.to_owned()]).await?;
    Ok(())
}

/// Writes the index entries of broadcasts that a node reports, and that it does.
pub async fn write_live(redis: &Redis, ttl: Duration, all: &[Broadcast]) -> Result<(), Error> {
    let now = unix_ms(OffsetDateTime::now_utc()).to_string();
    let leases = all.iter().map(|b| set(redis, format!("lease:{}", b.id), now.clone(), LAST_TTL_S));
    tokio::try_join!(write_index(redis, ttl, all), try_join_all(leases))?;
    Ok(())
}

/// Writes the index entries of broadcasts, all at once on one connection. A newer entry stays: a late heartbeat, perhaps of another
/// replica, takes nothing back.
pub async fn write_index(redis: &Redis, ttl: Duration, all: &[Broadcast]) -> Result<(), Error> {
    let ttl = ttl.as_secs().max(1).to_string();
    let (mut entries, mut names) = (Vec::with_capacity(all.len() * 2), Vec::with_capacity(all.len()));
    for b in all {
        let entry = view::live_index(b).to_string();
        entries.push(set_newer(redis, format!("live:{}", b.channel.id), entry.clone(), &ttl));
        entries.push(set_newer(redis, format!("live:b:{}", b.id), entry, ORIGIN_TTL_S));
        let name = format!("live:name:{}", b.channel.username);
        names.push(set(redis, name, b.channel.id.to_string(), &ttl));
    }
    tokio::try_join!(try_join_all(entries), try_join_all(names))?;
    Ok(())
}

async fn set(redis: &Redis, key: String, value: String, ttl: &str) -> Result<(), Error> {
    redis.call::<Value>("SET", [key, value, "EX".into(), ttl.to_owned()]).await?;
    Ok(())
}

/// KEYS[1]: a channel's entry of the index. ARGV: the broadcast that ended, its epoch. An entry of another broadcast or of a higher epoch
/// stays: the channel may be live again before this comes.
const CLEAR: &str = r"
local entry = redis.call('GET', KEYS[1])
if not entry then return 0 end
local read, live = pcall(cjson.decode, entry)
if read and (live.broadcast_id ~= ARGV[1] or live.epoch > tonumber(ARGV[2])) then return 0 end
return redis.call('DEL', KEYS[1])
";

/// Takes an ended broadcast out of the index; its origin stays known for a while. The name's entry stays until its TTL: it only says which
/// channel is meant, and may be the next broadcast's already.
pub async fn clear_live(redis: &Redis, b: &Broadcast) {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(CLEAR));
    let (keys, args) = ([format!("live:{}", b.channel.id)], [b.id.to_string(), b.epoch.to_string()]);
    if let Err(e) = SCRIPT.run::<Value>(redis, keys, args).await {
        tracing::debug!(error = %e.details(), "the live index entry ends by its TTL");
    }
}

/// Who may watch a channel has changed: the index says so at once, and not with the next heartbeat only. What fails here is healed by that.
pub async fn watching_changed(app: &App, channel: ChannelId) {
    let told = async {
        let open = broadcasts::open_of(&app.connection().await?, channel).await?;
        let Some(open) = open else { return Ok(()) };
        write_index(&app.redis, app.config.lease_ttl.get(), &[open]).await
    };
    if let Err(e) = told.await {
        tracing::warn!(error = ?e, %channel, "the live index learns with the next heartbeat who may watch");
    }
}

/// When the last heartbeat of each of these broadcasts came.
pub async fn last_heartbeats(
    redis: &Redis,
    all: &[BroadcastId],
) -> Result<Vec<Option<OffsetDateTime>>, Error> {
    let told: Vec<Option<String>> =
        redis.call_each("GET", all.iter().map(|id| vec![format!("lease:{id}").into()]).collect()).await?;
    let when = |text: String| {
        let ms: i128 = text.parse().ok()?;
        OffsetDateTime::from_unix_timestamp_nanos(ms * 1_000_000).ok()
    };
    Ok(told.into_iter().map(|text| text.and_then(when)).collect())
}

/// Keeps the last health of a channel.
pub async fn keep_health(redis: &Redis, channel: ChannelId, health: &serde_json::Value) -> Result<(), Error> {
    set(redis, format!("health:{channel}"), health.to_string(), LAST_TTL_S).await
}

/// The last known health of a channel.
pub async fn health(redis: &Redis, channel: ChannelId) -> Result<Option<serde_json::Value>, Error> {
    let text: Option<String> = redis.call("GET", [format!("health:{channel}")]).await?;
    Ok(text.and_then(|t| serde_json::from_str(&t).ok()))
}

/// Appends an event.
pub async fn append(
    redis: &Redis,
    stream: Stream,
    id: Uuid,
    kind: &str,
    subject: Uuid,
    at: OffsetDateTime,
    payload: &serde_json::Value,
) -> Result<(), Error> {
    let event = Event {
        id: id.to_string(),
        r#type: kind.to_owned(),
        version: 1,
        occurred_at_ms: unix_ms(at),
        subject: subject.to_string(),
        payload: payload.to_string().into_bytes(),
    };
    let head = [stream.key, "MAXLEN", "~", stream.kept, "*", "e"].map(Value::from);
    let args = head.into_iter().chain([Value::Bytes(event.encode_to_vec().into())]);
    redis.call::<Value>("XADD", args).await?;
    Ok(())
}

/// Milliseconds since the Unix epoch.
pub fn unix_ms(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}
