//! Broadcasts as they are read again: lists, one of them, its minutes.

use crate::{error::Error, visibility::Visibility};
use streamly_domain::{BroadcastId, ChannelId};
use streamly_postgres::GenericClient;
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

/// A broadcast that was live.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Past {
    pub id: BroadcastId,
    /// As at its end, or as it is now while it runs.
    pub title: String,
    pub category: String,
    pub tags: Vec<String>,
    pub visibility: Visibility,
    pub test: bool,
    pub started_at: OffsetDateTime,
    /// None: it runs.
    pub ended_at: Option<OffsetDateTime>,
    pub ended_how: Option<String>,
    pub peak_viewers: u64,
    pub unique_viewers: u64,
    /// How long all of them watched.
    pub watch_s: f64,
    /// How long they were counted; 0: nobody counted.
    pub counted_s: f64,
    pub messages: u64,
    /// Minutes of one of its points.
    pub minute_span: u32,
    /// Whether nothing will be added any more.
    pub counted: bool,
}

const SELECT: &str = "SELECT b.id, b.live_at, b.ended_at, b.ended_how, b.peak_viewers, b.unique_viewers, b.watch_s, b.counted_s, b.messages, \
     b.minute_span, b.counted, b.test, x.title, x.category, x.tags, x.visibility FROM broadcasts b JOIN channels c ON c.id = b.channel_id, \
     LATERAL (SELECT b.title, b.category, b.tags, b.visibility WHERE b.ended_at IS NOT NULL \
     UNION ALL SELECT c.title, c.category, c.tags, c.visibility WHERE b.ended_at IS NULL) x";

fn past(row: &Row) -> Past {
    let unsigned = |name: &str| row.get::<_, i64>(name).max(0).unsigned_abs();
    Past {
        id: BroadcastId(row.get("id")),
        title: row.get("title"),
        category: row.get("category"),
        tags: row.get("tags"),
        visibility: row.get::<_, &str>("visibility").parse().unwrap_or(Visibility::Private),
        test: row.get("test"),
        started_at: row.get("live_at"),
        ended_at: row.get("ended_at"),
        ended_how: row.get("ended_how"),
        peak_viewers: unsigned("peak_viewers"),
        unique_viewers: unsigned("unique_viewers"),
        watch_s: row.get("watch_s"),
        counted_s: row.get("counted_s"),
        messages: unsigned("messages"),
        minute_span: row.get::<_, i32>("minute_span").max(1).unsigned_abs(),
        counted: row.get("counted"),
    }
}

/// A channel's own, the newest first, also the one that runs; those before an id.
pub async fn own(
    db: &impl GenericClient,
    channel: ChannelId,
    before: Option<Uuid>,
    most: i64,
) -> Result<Vec<Past>, Error> {
    list(db, "", channel, before, most).await
}

/// Those of them that others may know of: ended, no tests, and not those that were private, unless the channel is so now and is told of all the same.
pub async fn shown(
    db: &impl GenericClient,
    channel: ChannelId,
    before: Option<Uuid>,
    most: i64,
) -> Result<Vec<Past>, Error> {
    let may = "AND b.ended_at IS NOT NULL AND NOT b.test AND (b.visibility <> 'private' OR c.visibility = 'private')";
    list(db, may, channel, before, most).await
}

async fn list(
    db: &impl GenericClient,
    may: &str,
    channel: ChannelId,
    before: Option<Uuid>,
    most: i64,
) -> Result<Vec<Past>, Error> {
    let sql = format!(
        "{SELECT} WHERE b.channel_id = $1 AND b.live_at IS NOT NULL AND ($2::uuid IS NULL OR b.id < $2) {may} ORDER BY b.id DESC LIMIT $3"
    );
    let statement = db.prepare_cached(&sql).await?;
    Ok(db.query(&statement, &[&channel.0, &before, &most]).await?.iter().map(past).collect())
}

/// One of a channel's own.
pub async fn one(
    db: &impl GenericClient,
    channel: ChannelId,
    id: BroadcastId,
) -> Result<Option<Past>, Error> {
    let sql = format!("{SELECT} WHERE b.channel_id = $1 AND b.id = $2 AND b.live_at IS NOT NULL");
    Ok(db.query_opt(&sql, &[&channel.0, &id.0]).await?.as_ref().map(past))
}

/// A point of a broadcast's course: the sums of its minutes.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct Minute {
    pub minute: i64,
    pub counted_s: f64,
    pub watch_s: f64,
    pub peak_viewers: u64,
    pub messages: u64,
    pub looks: u32,
    pub bitrate_bps: f64,
    pub fps: f64,
    pub jitter_ms: u32,
    pub lag_ms: u32,
    pub frames_dropped: u64,
    pub reconnects: u32,
}

/// Those that are kept of a broadcast from a minute on, in their order.
pub async fn minutes(db: &impl GenericClient, id: BroadcastId, from: i64) -> Result<Vec<Minute>, Error> {
    let sql = "SELECT minute, counted_s, watch_s, peak_viewers, messages, looks, bitrate_bps, fps, jitter_ms, lag_ms, frames_dropped, \
               reconnects FROM broadcast_minutes WHERE broadcast_id = $1 AND minute >= $2 ORDER BY minute";
    let from = i32::try_from(from).unwrap_or(i32::MAX);
    let rows = db.query(sql, &[&id.0, &from]).await?;
    let minute = |row: &Row| {
        let small = |name: &str| row.get::<_, i32>(name).max(0).unsigned_abs();
        let whole = |name: &str| row.get::<_, i64>(name).max(0).unsigned_abs();
        Minute {
            minute: row.get::<_, i32>("minute").into(),
            counted_s: row.get("counted_s"),
            watch_s: row.get("watch_s"),
            peak_viewers: whole("peak_viewers"),
            messages: whole("messages"),
            looks: small("looks"),
            bitrate_bps: row.get("bitrate_bps"),
            fps: row.get("fps"),
            jitter_ms: small("jitter_ms"),
            lag_ms: small("lag_ms"),
            frames_dropped: whole("frames_dropped"),
            reconnects: small("reconnects"),
        }
    };
    Ok(rows.iter().map(minute).collect())
}
