//! SQL of the chat that is kept of broadcasts.
//!
//! The row of a recording is its writer's lock: whoever has it reads the room's log on, everybody else passes by.

use crate::{bus::Entry, log_id::LogId};
use std::time::Duration;
use streamly_domain::{BroadcastId, ChannelId, UserId};
use streamly_postgres::{Database, Error, GenericClient, Transaction};
use time::OffsetDateTime;
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

const BEGIN: &str = "INSERT INTO recordings (broadcast_id, room_id, started_at, last_id) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (broadcast_id) DO NOTHING";
const END: &str = "UPDATE recordings SET ended_at = $2 WHERE broadcast_id = $1 AND ended_at IS NULL";
const OPEN: &str = "SELECT broadcast_id, room_id, started_at, ended_at, last_id FROM recordings \
     WHERE NOT done AND broadcast_id > $1 ORDER BY broadcast_id LIMIT $2";
const TAKE: &str = "SELECT broadcast_id, room_id, started_at, ended_at, last_id FROM recordings \
     WHERE broadcast_id = $1 AND NOT done FOR UPDATE SKIP LOCKED";
const ADD: &str = "INSERT INTO recorded (broadcast_id, id, offset_ms, kind, author_id, body) \
     SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::text[], $5::uuid[], $6::text[]) ON CONFLICT DO NOTHING";
const ADVANCE: &str = "UPDATE recordings SET last_id = $2, done = $3 WHERE broadcast_id = $1";
const FORGET_ONE: &str = "DELETE FROM recorded e USING recordings r \
     WHERE r.broadcast_id = e.broadcast_id AND r.room_id = $1 AND e.id = $2";
const FORGET_OF: &str = "DELETE FROM recorded e USING recordings r WHERE r.broadcast_id = e.broadcast_id \
     AND r.room_id = $1 AND e.author_id = $2 AND e.kind = 'message' AND e.id <= $3";
const FORGET_ALL: &str = "DELETE FROM recorded e USING recordings r WHERE r.broadcast_id = e.broadcast_id \
     AND r.room_id = $1 AND e.kind = 'message' AND e.id <= $2";
const FIND: &str = "SELECT started_at, ended_at FROM recordings WHERE broadcast_id = $1 AND room_id = $2";
// An answer comes with the body of what it answers, where the same recording has that.
const PAGE: &str = "SELECT e.id, e.offset_ms, e.kind, e.body, p.body FROM recorded e \
     LEFT JOIN recorded p ON e.kind = 'message' AND p.kind = 'message' AND p.broadcast_id = e.broadcast_id \
     AND p.id = substring(e.body FROM '\"reply_to\":\"([0-9a-f]{18})\"') \
     WHERE e.broadcast_id = $1 AND e.offset_ms >= $2 AND e.offset_ms < $3 AND e.id > $4 ORDER BY e.id LIMIT $5";
const AUTHOR: &str = "SELECT e.author_id FROM recordings r JOIN recorded e USING (broadcast_id) \
     WHERE r.room_id = $1 AND e.id = $2 AND e.kind = 'message' LIMIT 1";
const EXPIRE_EVENTS: &str = "DELETE FROM recorded WHERE (broadcast_id, id) IN \
     (SELECT e.broadcast_id, e.id FROM recorded e JOIN recordings r USING (broadcast_id) \
     WHERE r.done AND r.started_at < now() - $1::float8 * interval '1 second' LIMIT $2)";
const EXPIRE: &str = "DELETE FROM recordings r WHERE done AND started_at < now() - $1::float8 * interval '1 second' \
     AND NOT EXISTS (SELECT 1 FROM recorded e WHERE e.broadcast_id = r.broadcast_id)";

/// A broadcast whose chat is kept, and how far its log was read.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Which.
    pub broadcast: BroadcastId,
    /// Where it was said.
    pub room: ChannelId,
    /// Offsets count from here.
    pub started: OffsetDateTime,
    /// None while it goes on.
    pub ended: Option<OffsetDateTime>,
    /// The last event that was looked at.
    pub last: LogId,
}

/// An event of a recording.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its id in the room's log, 18 hex digits.
    pub id: String,
    /// Milliseconds since the broadcast's start.
    pub offset_ms: i64,
    /// The frame's type.
    pub kind: String,
    /// JSON members without braces.
    pub body: String,
    /// The same of the message that it answers, if that is kept.
    pub parent: Option<String>,
}

impl Event {
    /// The frame, with its offset and what it quotes.
    pub fn frame(&self, room: ChannelId) -> Option<serde_json::Value> {
        let comma = if self.body.is_empty() { "" } else { "," };
        let at = crate::bus::rfc3339(self.id.parse::<LogId>().ok()?);
        let mut frame: serde_json::Value = serde_json::from_str(&format!(
            "{{\"type\":\"{}\",\"room\":\"{room}\",\"id\":\"{}\",\"at\":\"{at}\",\"offset_ms\":{}{comma}{}}}",
            self.kind, self.id, self.offset_ms, self.body
        ))
        .ok()?;
        let reply = self.parent.as_deref().and_then(crate::bus::reply);
        match (reply, frame.as_object_mut()) {
            (Some(reply), Some(members)) => drop(members.insert("reply".into(), reply)),
            // Early records have quotes in themselves.
            (None, Some(members)) => drop(members.remove("reply")),
            (_, None) => return None,
        }
        Some(frame)
    }
}

/// What is gone from a room, of its recordings too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// One message.
    Message(LogId),
    /// A person's messages up to this id.
    Of(UserId, LogId),
    /// All messages up to this id.
    All(LogId),
}

/// Which events of a recording.
#[derive(Debug, Clone)]
pub struct Range<'a> {
    /// Offsets from here, milliseconds.
    pub from_ms: i64,
    /// And before here.
    pub to_ms: i64,
    /// Ids after this one; empty: all.
    pub after: &'a str,
    /// So many at most.
    pub max: i64,
}

/// A broadcast began; told a second time nothing changes. Its events are those after `after`.
pub async fn begin(
    db: &Database,
    broadcast: BroadcastId,
    room: ChannelId,
    started: OffsetDateTime,
    after: LogId,
) -> Result<(), Error> {
    let args = (broadcast.uuid(), room.uuid(), after.to_string());
    let connection = db.get().await?;
    let statement = connection.prepare_cached(BEGIN).await?;
    connection.execute(&statement, &[&args.0, &args.1, &started, &args.2]).await?;
    Ok(())
}

/// It ended; the first end counts.
pub async fn end(db: &Database, broadcast: BroadcastId, at: OffsetDateTime) -> Result<(), Error> {
    let connection = db.get().await?;
    let statement = connection.prepare_cached(END).await?;
    connection.execute(&statement, &[&broadcast.uuid(), &at]).await?;
    Ok(())
}

/// Recordings whose log is still read, oldest first: up to `max` after that one.
pub async fn open(db: &Database, after: Option<BroadcastId>, max: i64) -> Result<Vec<Recording>, Error> {
    let connection = db.get().await?;
    let statement = connection.prepare_cached(OPEN).await?;
    let after = after.map_or(Uuid::nil(), BroadcastId::uuid);
    let rows = connection.query(&statement, &[&after, &max]).await?;
    Ok(rows.iter().map(recording).collect())
}

/// Takes the recording for this transaction; `None`: another node has it, or it is done.
pub async fn take(transaction: &Transaction<'_>, broadcast: BroadcastId) -> Result<Option<Recording>, Error> {
    let statement = transaction.prepare_cached(TAKE).await?;
    Ok(transaction.query_opt(&statement, &[&broadcast.uuid()]).await?.as_ref().map(recording))
}

fn recording(row: &Row) -> Recording {
    Recording {
        broadcast: row.get::<_, Uuid>(0).into(),
        room: row.get::<_, Uuid>(1).into(),
        started: row.get(2),
        ended: row.get(3),
        last: row.get::<_, &str>(4).parse().unwrap_or_default(),
    }
}

/// Keeps events; those that are there already stay.
pub async fn add(
    transaction: &Transaction<'_>,
    recording: &Recording,
    events: &[&Entry],
) -> Result<(), Error> {
    if events.is_empty() {
        return Ok(());
    }
    let start_ms = (recording.started.unix_timestamp_nanos() / 1_000_000) as i64;
    let ids: Vec<String> = events.iter().map(|e| e.id.to_string()).collect();
    let offsets: Vec<i64> = events.iter().map(|e| e.id.ms() as i64 - start_ms).collect();
    let kinds: Vec<&str> = events.iter().map(|e| e.kind.as_str()).collect();
    let authors: Vec<Option<Uuid>> = events.iter().map(|e| e.author.map(UserId::uuid)).collect();
    let bodies: Vec<&str> = events.iter().map(|e| e.body.as_str()).collect();
    let of = recording.broadcast.uuid();
    let statement = transaction.prepare_cached(ADD).await?;
    transaction.execute(&statement, &[&of, &ids, &offsets, &kinds, &authors, &bodies]).await?;
    Ok(())
}

/// Notes how far the log was read, and whether that was all.
pub async fn advance(
    transaction: &Transaction<'_>,
    recording: &Recording,
    last: LogId,
    done: bool,
) -> Result<(), Error> {
    let statement = transaction.prepare_cached(ADVANCE).await?;
    transaction.execute(&statement, &[&recording.broadcast.uuid(), &last.to_string(), &done]).await?;
    Ok(())
}

/// Takes what is gone from a room out of its recordings.
pub async fn forget(client: &impl GenericClient, room: ChannelId, gone: Gone) -> Result<u64, Error> {
    let room = room.uuid();
    let rows = match gone {
        Gone::Message(id) => client.execute(FORGET_ONE, &[&room, &id.to_string()]).await?,
        Gone::Of(user, to) => client.execute(FORGET_OF, &[&room, &user.uuid(), &to.to_string()]).await?,
        Gone::All(to) => client.execute(FORGET_ALL, &[&room, &to.to_string()]).await?,
    };
    Ok(rows)
}

/// Whose message it is, if a recording of the room has it.
pub async fn author_of(db: &Database, room: ChannelId, message: LogId) -> Result<Option<UserId>, Error> {
    let row = db.get().await?.query_opt(AUTHOR, &[&room.uuid(), &message.to_string()]).await?;
    Ok(row.and_then(|r| r.get::<_, Option<Uuid>>(0)).map(Into::into))
}

/// Start and end of a recording of that room; `None`: there is none.
pub async fn find(
    db: &Database,
    room: ChannelId,
    broadcast: BroadcastId,
) -> Result<Option<(OffsetDateTime, Option<OffsetDateTime>)>, Error> {
    let row = db.get().await?.query_opt(FIND, &[&broadcast.uuid(), &room.uuid()]).await?;
    Ok(row.map(|r| (r.get(0), r.get(1))))
}

/// Events of a recording, oldest first.
pub async fn page(db: &Database, broadcast: BroadcastId, range: &Range<'_>) -> Result<Vec<Event>, Error> {
    let of = broadcast.uuid();
    let args: [&(dyn ToSql + Sync); 5] = [&of, &range.from_ms, &range.to_ms, &range.after, &range.max];
    let rows = db.get().await?.query(PAGE, &args).await?;
    let event = |r: &Row| Event {
        id: r.get(0),
        offset_ms: r.get(1),
        kind: r.get(2),
        body: r.get(3),
        parent: r.get(4),
    };
    Ok(rows.iter().map(event).collect())
}

/// Removes up to `max` events of recordings that began longer ago than `keep`, and recordings without any left. Answers how many events.
pub async fn expire(db: &Database, keep: Duration, max: i64) -> Result<u64, Error> {
    let (connection, seconds) = (db.get().await?, keep.as_secs_f64());
    let events = connection.execute(EXPIRE_EVENTS, &[&seconds, &max]).await?;
    connection.execute(EXPIRE, &[&seconds]).await?;
    Ok(events)
}
