//! Broadcasts: at most one open one per channel.

use crate::{error::Error, store::channels};
use std::collections::HashMap;
use streamly_domain::{BroadcastId, ChannelId, SessionId, StreamState};
use streamly_postgres::{GenericClient, Statement};
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

/// What a broadcast's playlists tell for all its life: EXT-X-TARGETDURATION and PART-TARGET (RFC 8216bis, 4.4.3.1 and 6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Targets {
    /// Milliseconds, above zero.
    pub segment_ms: u32,
    /// Microseconds, above zero.
    pub part_us: u32,
}

impl Targets {
    /// As they are told and stored; `None`: not chosen yet, or more than the column holds.
    pub fn told(segment_ms: u32, part_us: u32) -> Option<Self> {
        let known = |value| (1..=i32::MAX.unsigned_abs()).contains(&value);
        (known(segment_ms) && known(part_us)).then_some(Self { segment_ms, part_us })
    }
}

/// An open broadcast with its channel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Broadcast {
    pub id: BroadcastId,
    pub channel: channels::Channel,
    pub state: StreamState,
    pub epoch: u64,
    pub session_id: SessionId,
    pub node_id: String,
    pub origin_url: String,
    pub msn_reserved: u64,
    pub targets: Option<Targets>,
    pub renditions: serde_json::Value,
    pub viewers: u64,
    /// Number of the newest still; 0: none.
    pub still: u64,
    /// Stills up to this number are not shown.
    pub still_floor: u64,
    /// Whether it is for the channel's owner and team alone.
    pub test: bool,
    /// When it stopped being a test.
    pub went_live_at: Option<OffsetDateTime>,
    pub started_at: OffsetDateTime,
    /// When it was live first; none: not yet.
    pub live_at: Option<OffsetDateTime>,
    pub grace_until: Option<OffsetDateTime>,
    /// When the present session was admitted.
    pub admitted_at: OffsetDateTime,
    /// When this was read, by the database's clock: two readings have an order, whichever replicas made them.
    pub read_at: OffsetDateTime,
    /// Why it ended, if it has.
    pub ended_how: Option<String>,
}

impl Broadcast {
    /// Whether there is something to watch: media, or the wait for its publisher.
    pub fn is_watchable(&self) -> bool {
        matches!(self.state, StreamState::Live | StreamState::Reconnecting)
    }
    /// Whether it is for more people than the channel's owner and team.
    pub fn is_real(&self) -> bool {
        !self.test
    }
    /// Number of the newest still that may be shown; 0: none.
    pub fn shown_still(&self) -> u64 {
        if self.still > self.still_floor { self.still } else { 0 }
    }
}

fn broadcast(row: &Row) -> Broadcast {
    let unsigned = |name: &str| row.get::<_, i64>(name).max(0).unsigned_abs();
    Broadcast {
        id: BroadcastId(row.get("broadcast_id")),
        channel: channels::Channel::from_row(row),
        state: row.get::<_, &str>("state").parse().unwrap_or(StreamState::Offline),
        epoch: unsigned("epoch"),
        session_id: SessionId(row.get("session_id")),
        node_id: row.get("node_id"),
        origin_url: row.get("origin_url"),
        msn_reserved: unsigned("msn_reserved"),
        targets: targets(row),
        renditions: row.get("renditions"),
        viewers: unsigned("viewers"),
        still: unsigned("still"),
        still_floor: unsigned("still_floor"),
        test: row.get("test"),
        went_live_at: row.get("went_live_at"),
        started_at: row.get::<_, Option<_>>("live_at").unwrap_or_else(|| row.get("started_at")),
        live_at: row.get("live_at"),
        grace_until: row.get("grace_until"),
        admitted_at: row.get("admitted_at"),
        read_at: row.get("read_at"),
        ended_how: row.get("ended_how"),
    }
}

fn targets(row: &Row) -> Option<Targets> {
    let unsigned = |name: &str| row.get::<_, i32>(name).max(0).unsigned_abs();
    Targets::told(unsigned("target_duration_ms"), unsigned("part_target_us"))
}

fn select(filter: &str) -> String {
    format!(
        "SELECT b.id AS broadcast_id, b.state, b.epoch, b.session_id, b.node_id, b.origin_url, b.msn_reserved, b.target_duration_ms, \
         b.part_target_us, b.renditions, \
         b.viewers, b.still, b.still_floor, b.test, b.went_live_at, b.started_at, b.live_at, b.grace_until, b.ended_how, s.started_at AS admitted_at, now() AS read_at, {} \
         FROM broadcasts b JOIN channels c ON c.id = b.channel_id JOIN sessions s ON s.id = b.session_id WHERE {filter}",
        channels::COLUMNS
    )
}

/// Open and ended ones of these ids.
pub async fn by_ids(db: &impl GenericClient, ids: &[Uuid]) -> Result<Vec<Broadcast>, Error> {
    let statement = db.prepare_cached(&select("b.id = ANY($1)")).await?;
    Ok(db.query(&statement, &[&ids]).await?.iter().map(broadcast).collect())
}

/// What the duties look at of an open broadcast, again and again.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Watched {
    pub id: BroadcastId,
    pub channel: ChannelId,
    pub state: StreamState,
    pub epoch: u64,
    pub viewers: u64,
    pub test: bool,
    pub grace_until: Option<OffsetDateTime>,
    /// When the present session was admitted.
    pub admitted_at: OffsetDateTime,
}

/// All open ones. Of ten thousand it takes some milliseconds to decode, in which others get their turns.
pub async fn watched(db: &impl GenericClient) -> Result<Vec<Watched>, Error> {
    let sql = "SELECT b.id, b.channel_id, b.state, b.epoch, b.viewers, b.test, b.grace_until, s.started_at AS admitted_at \
               FROM broadcasts b JOIN sessions s ON s.id = b.session_id WHERE b.ended_at IS NULL";
    let statement = db.prepare_cached(sql).await?;
    let unsigned = |row: &Row, name: &str| row.get::<_, i64>(name).max(0).unsigned_abs();
    let decode = |row: &Row| Watched {
        id: BroadcastId(row.get("id")),
        channel: ChannelId(row.get("channel_id")),
        state: row.get::<_, &str>("state").parse().unwrap_or(StreamState::Offline),
        epoch: unsigned(row, "epoch"),
        viewers: unsigned(row, "viewers"),
        test: row.get("test"),
        grace_until: row.get("grace_until"),
        admitted_at: row.get("admitted_at"),
    };
    Ok(super::decoded(&db.query(&statement, &[]).await?, decode).await)
}

/// The open ones that a node should have, but for these.
pub async fn open_on(db: &impl GenericClient, node_id: &str, but: &[Uuid]) -> Result<Vec<Broadcast>, Error> {
    let sql = select("b.node_id = $1 AND b.ended_at IS NULL AND NOT b.id = ANY($2)");
    let statement = db.prepare_cached(&sql).await?;
    Ok(db.query(&statement, &[&node_id, &but]).await?.iter().map(broadcast).collect())
}

/// Open ones, the newest first, before one.
pub async fn open_page(
    db: &impl GenericClient,
    before: Option<Uuid>,
    most: i64,
) -> Result<Vec<Broadcast>, Error> {
    let sql = select("b.ended_at IS NULL AND ($1::uuid IS NULL OR b.id < $1) ORDER BY b.id DESC LIMIT $2");
    let statement = db.prepare_cached(&sql).await?;
    Ok(db.query(&statement, &[&before, &most]).await?.iter().map(broadcast).collect())
}

/// How many are open on each node, and how many watch them.
pub async fn by_node(db: &impl GenericClient) -> Result<HashMap<String, (u64, u64)>, Error> {
    let sql = "SELECT node_id, count(*) AS count, sum(viewers)::bigint AS viewers FROM broadcasts \
               WHERE ended_at IS NULL GROUP BY node_id";
    let statement = db.prepare_cached(sql).await?;
    let unsigned = |row: &Row, name: &str| row.get::<_, i64>(name).max(0).unsigned_abs();
    let count = |row: &Row| (row.get("node_id"), (unsigned(row, "count"), unsigned(row, "viewers")));
    Ok(db.query(&statement, &[]).await?.iter().map(count).collect())
}

/// The open one of a channel.
pub async fn open_of(db: &impl GenericClient, channel: ChannelId) -> Result<Option<Broadcast>, Error> {
    let statement = db.prepare_cached(&opening()).await?;
    Ok(db.query_opt(&statement, &[&channel.0]).await?.as_ref().map(broadcast))
}

/// The open one of the channel that has a presented key, by the key's hash.
pub async fn open_of_lookup(db: &impl GenericClient, lookup: &[u8]) -> Result<Option<Broadcast>, Error> {
    let statement = db.prepare_cached(&looking_up()).await?;
    Ok(db.query_opt(&statement, &[&lookup]).await?.as_ref().map(broadcast))
}

/// The statement of [`open_of`].
pub(super) fn opening() -> String {
    select("b.channel_id = $1 AND b.ended_at IS NULL")
}

/// The statement of [`open_of_lookup`].
pub(super) fn looking_up() -> String {
    select(
        "b.ended_at IS NULL AND b.channel_id = (SELECT k.channel_id FROM key_secrets p JOIN stream_keys k ON k.id = p.key_id WHERE p.lookup = $1)",
    )
}

/// The open one that runs under a key.
pub async fn open_of_key(db: &impl GenericClient, key: Uuid) -> Result<Option<Broadcast>, Error> {
    let sql = select("s.key_id = $1 AND b.ended_at IS NULL");
    Ok(db.query_opt(&sql, &[&key]).await?.as_ref().map(broadcast))
}

/// A broadcast as it is made or taken over.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Session<'a> {
    pub broadcast: BroadcastId,
    pub session: SessionId,
    pub epoch: u64,
    pub node_id: &'a str,
    pub origin_url: &'a str,
    pub msn_reserved: u64,
    /// Of a broadcast that is made: whether it is a test.
    pub test: bool,
}

/// The statement of [`now`].
pub(super) const NOW: &str = "SELECT now()";
/// The statement of [`insert`].
pub(super) const INSERT: &str = "INSERT INTO broadcasts (id, channel_id, state, epoch, session_id, node_id, origin_url, msn_reserved, test) \
     VALUES ($1, $2, 'starting', $3, $4, $5, $6, $7, $8)";

/// When the present transaction began, by the database's clock.
pub async fn now(db: &impl GenericClient) -> Result<OffsetDateTime, Error> {
    let statement = db.prepare_cached(NOW).await?;
    Ok(db.query_one(&statement, &[]).await?.get(0))
}

/// What [`insert`] stores, as it would be read in the same transaction, which began at `now`.
pub fn opened(s: &Session<'_>, channel: channels::Channel, now: OffsetDateTime) -> Broadcast {
    Broadcast {
        id: s.broadcast,
        channel,
        state: StreamState::Starting,
        epoch: s.epoch,
        session_id: s.session,
        node_id: s.node_id.to_owned(),
        origin_url: s.origin_url.to_owned(),
        msn_reserved: s.msn_reserved,
        targets: None,
        renditions: serde_json::Value::Array(Vec::new()),
        viewers: 0,
        still: 0,
        still_floor: 0,
        test: s.test,
        went_live_at: None,
        started_at: now,
        live_at: None,
        grace_until: None,
        admitted_at: now,
        read_at: now,
        ended_how: None,
    }
}

/// The statement of [`insert`].
pub async fn inserting(db: &impl GenericClient) -> Result<Statement, Error> {
    Ok(db.prepare_cached(INSERT).await?)
}

/// Opens a broadcast. Its statement is sent when this is first polled: what the connection is asked after that finds it.
pub async fn insert(
    db: &impl GenericClient,
    inserting: &Statement,
    channel: ChannelId,
    s: &Session<'_>,
) -> Result<(), Error> {
    let (epoch, reserved) = (s.epoch.cast_signed(), s.msn_reserved.cast_signed());
    db.execute(
        inserting,
        &[&s.broadcast.0, &channel.0, &epoch, &s.session.0, &s.node_id, &s.origin_url, &reserved, &s.test],
    )
    .await?;
    Ok(())
}

/// Gives an open broadcast to a new session; a running grace window begins anew with it.
pub async fn take_over(db: &impl GenericClient, s: &Session<'_>, grace_s: f64) -> Result<(), Error> {
    let sql = "UPDATE broadcasts SET epoch = $2, session_id = $3, node_id = $4, origin_url = $5, msn_reserved = $6, \
               grace_until = CASE WHEN state = 'live' THEN NULL ELSE now() + make_interval(secs => $7) END \
               WHERE id = $1 AND ended_at IS NULL";
    let (epoch, reserved) = (s.epoch.cast_signed(), s.msn_reserved.cast_signed());
    db.execute(sql, &[&s.broadcast.0, &epoch, &s.session.0, &s.node_id, &s.origin_url, &reserved, &grace_s])
        .await?;
    Ok(())
}

/// Stores a state; `grace_s` starts the grace window. Since when it is live, if it ever was.
pub async fn set_state(
    db: &impl GenericClient,
    id: BroadcastId,
    state: StreamState,
    grace_s: Option<f64>,
) -> Result<Option<OffsetDateTime>, Error> {
    let sql = "UPDATE broadcasts SET state = $2, grace_until = now() + make_interval(secs => $3), \
               live_at = CASE WHEN $2 = 'live' THEN coalesce(live_at, now()) ELSE live_at END \
               WHERE id = $1 AND ended_at IS NULL RETURNING live_at";
    Ok(db.query_opt(sql, &[&id.0, &state.as_str(), &grace_s]).await?.and_then(|row| row.get(0)))
}

/// An open test is for everybody from now on, as if it had begun now: what was counted and marked of the test is gone, and its stills are
/// not shown any more. When; none: it has not been live yet, and begins when it is.
pub async fn go_live(db: &impl GenericClient, id: BroadcastId) -> Result<Option<OffsetDateTime>, Error> {
    for sql in [
        "DELETE FROM broadcast_minutes WHERE broadcast_id = $1",
        "DELETE FROM markers WHERE broadcast_id = $1",
    ] {
        db.execute(sql, &[&id.0]).await?;
    }
    let sql = "UPDATE broadcasts SET test = false, went_live_at = now(), live_at = CASE WHEN live_at IS NULL THEN NULL ELSE now() END, still_floor = still, \
               counted_minute = NULL, minute_span = 1, peak_viewers = 0, unique_viewers = 0, watch_s = 0, counted_s = 0, messages = 0 \
               WHERE id = $1 AND ended_at IS NULL AND test RETURNING live_at";
    Ok(db.query_opt(sql, &[&id.0]).await?.and_then(|row| row.get(0)))
}

/// Ends it and its sessions, and keeps what the channel said of it. When; none: it has ended already.
pub async fn end(
    db: &impl GenericClient,
    id: BroadcastId,
    how: &str,
) -> Result<Option<OffsetDateTime>, Error> {
    let sql = "UPDATE broadcasts b SET state = 'offline', ended_at = now(), ended_how = $2, viewers = 0, grace_until = NULL, \
               title = c.title, category = c.category, tags = c.tags, visibility = c.visibility, counted = b.live_at IS NULL \
               FROM channels c WHERE c.id = b.channel_id AND b.id = $1 AND b.ended_at IS NULL RETURNING b.ended_at";
    let ended = db.query_opt(sql, &[&id.0, &how]).await?.and_then(|row| row.get(0));
    let sql =
        "UPDATE sessions SET ended_at = now(), ended_how = $2 WHERE broadcast_id = $1 AND ended_at IS NULL";
    db.execute(sql, &[&id.0, &how]).await?;
    Ok(ended)
}

/// Stores a larger reservation.
pub async fn reserve(db: &impl GenericClient, id: BroadcastId, until: u64) -> Result<(), Error> {
    let sql =
        "UPDATE broadcasts SET msn_reserved = greatest(msn_reserved, $2) WHERE id = $1 AND ended_at IS NULL";
    db.execute(sql, &[&id.0, &until.cast_signed()]).await?;
    Ok(())
}

/// Stores the targets; once there are some they stay.
pub async fn set_targets(db: &impl GenericClient, id: BroadcastId, targets: Targets) -> Result<(), Error> {
    let sql = "UPDATE broadcasts SET target_duration_ms = $2, part_target_us = $3 \
               WHERE id = $1 AND ended_at IS NULL AND target_duration_ms = 0";
    let (segment, part) = (targets.segment_ms.cast_signed(), targets.part_us.cast_signed());
    db.execute(sql, &[&id.0, &segment, &part]).await?;
    Ok(())
}

/// Those of a broadcast.
pub async fn targets_of(db: &impl GenericClient, id: BroadcastId) -> Result<Option<Targets>, Error> {
    let sql = "SELECT target_duration_ms, part_target_us FROM broadcasts WHERE id = $1";
    Ok(db.query_opt(sql, &[&id.0]).await?.as_ref().and_then(targets))
}

/// Stores the renditions.
pub async fn set_renditions(
    db: &impl GenericClient,
    id: BroadcastId,
    renditions: &serde_json::Value,
) -> Result<(), Error> {
    let sql = "UPDATE broadcasts SET renditions = $2 WHERE id = $1 AND ended_at IS NULL";
    db.execute(sql, &[&id.0, renditions]).await?;
    Ok(())
}

/// Stores how many watch each of these.
pub async fn set_viewers(db: &impl GenericClient, counts: &[(BroadcastId, u64)]) -> Result<(), Error> {
    let sql = "UPDATE broadcasts b SET viewers = c.viewers FROM unnest($1::uuid[], $2::bigint[]) AS c (id, viewers) \
               WHERE b.id = c.id AND b.ended_at IS NULL";
    let (ids, viewers): (Vec<Uuid>, Vec<i64>) = counts.iter().map(|(id, n)| (id.0, n.cast_signed())).unzip();
    db.execute(sql, &[&ids, &viewers]).await?;
    Ok(())
}

/// Stores the numbers of newer stills. A number never goes back, whichever node says so.
pub async fn set_stills(db: &impl GenericClient, stills: &[(BroadcastId, u64)]) -> Result<(), Error> {
    let sql = "UPDATE broadcasts b SET still = s.still FROM unnest($1::uuid[], $2::bigint[]) AS s (id, still) \
               WHERE b.id = s.id AND b.ended_at IS NULL AND b.still < s.still";
    let (ids, stills): (Vec<Uuid>, Vec<i64>) = stills.iter().map(|(id, n)| (id.0, n.cast_signed())).unzip();
    db.execute(sql, &[&ids, &stills]).await?;
    Ok(())
}
