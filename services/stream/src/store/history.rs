//! What broadcasts were: their minutes, and the sums of these beside each broadcast.

mod past;

pub use past::{Minute, Past, minutes, one, own, shown};

use crate::{
    error::Error,
    history::{Uncounted, tally},
};
use streamly_domain::{BroadcastId, ChannelId};
use streamly_postgres::GenericClient;
use uuid::Uuid;

/// One minute of a broadcast.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct Row {
    pub broadcast: BroadcastId,
    pub minute: i64,
    /// Of it in which the broadcast was there.
    pub seconds: f64,
    pub seen: tally::Minute,
    pub messages: u64,
    /// All sessions since the broadcast began.
    pub sessions: u64,
}

/// Those of which something is not stored, in the order of their ids.
pub async fn uncounted(
    db: &impl GenericClient,
    after: BroadcastId,
    most: i64,
) -> Result<Vec<Uncounted>, Error> {
    let sql = "SELECT id, channel_id, live_at, ended_at, counted_minute FROM broadcasts \
               WHERE NOT counted AND live_at IS NOT NULL AND id > $1 ORDER BY id LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&after.0, &most]).await?;
    Ok(rows
        .iter()
        .map(|row| Uncounted {
            id: BroadcastId(row.get(0)),
            channel: ChannelId(row.get(1)),
            live_at: row.get(2),
            ended_at: row.get(3),
            counted: row.get::<_, Option<i32>>(4).map(i64::from),
        })
        .collect())
}

// What was added before is left out: a broadcast's sums only go on. Rows of a longer broadcast stand for several minutes, which are added up.
const ADD: &str = "WITH due AS (UPDATE broadcasts b SET counted_minute = r.minute, peak_viewers = greatest(b.peak_viewers, r.peak), \
     unique_viewers = greatest(b.unique_viewers, r.sessions), watch_s = b.watch_s + r.watch_s, counted_s = b.counted_s + r.counted_s, \
     messages = b.messages + r.messages \
     FROM unnest($1::uuid[], $2::int[], $3::float8[], $4::float8[], $5::bigint[], $6::bigint[], $7::bigint[], $8::int[], $9::float8[], \
     $10::float8[], $11::int[], $12::int[], $13::bigint[]) \
     AS r (id, minute, counted_s, watch_s, peak, messages, sessions, looks, bitrate_bps, fps, jitter_ms, lag_ms, frames_dropped) \
     WHERE b.id = r.id AND NOT b.counted AND (b.counted_minute IS NULL OR b.counted_minute < r.minute) \
     RETURNING r.*, b.minute_span) \
     INSERT INTO broadcast_minutes AS m (broadcast_id, minute, counted_s, watch_s, peak_viewers, messages, looks, bitrate_bps, fps, jitter_ms, \
     lag_ms, frames_dropped, reconnects) \
     SELECT d.id, d.minute - d.minute % d.minute_span, d.counted_s, d.watch_s, d.peak, d.messages, d.looks, d.bitrate_bps, d.fps, d.jitter_ms, \
     d.lag_ms, d.frames_dropped, (SELECT count(*) FROM sessions s WHERE s.broadcast_id = d.id AND s.epoch > 1 \
     AND s.started_at >= to_timestamp(d.minute * 60::float8) AND s.started_at < to_timestamp((d.minute + 1) * 60::float8))::int FROM due d \
     ON CONFLICT (broadcast_id, minute) DO UPDATE SET counted_s = m.counted_s + excluded.counted_s, watch_s = m.watch_s + excluded.watch_s, \
     peak_viewers = greatest(m.peak_viewers, excluded.peak_viewers), messages = m.messages + excluded.messages, \
     looks = m.looks + excluded.looks, bitrate_bps = m.bitrate_bps + excluded.bitrate_bps, fps = m.fps + excluded.fps, \
     jitter_ms = greatest(m.jitter_ms, excluded.jitter_ms), lag_ms = greatest(m.lag_ms, excluded.lag_ms), \
     frames_dropped = m.frames_dropped + excluded.frames_dropped, reconnects = m.reconnects + excluded.reconnects";

/// Adds minutes, at most one of each broadcast; one that was added, or a later one, changes nothing.
pub async fn add(db: &impl GenericClient, rows: &[Row]) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let small = |n: u64| i32::try_from(n).unwrap_or(i32::MAX);
    let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let counted = |r: &Row| r.seen.viewers().map_or(0.0, |_| r.seconds);
    let watched = |r: &Row| r.seen.viewers().map_or(0.0, |viewers| viewers * r.seconds);
    let statement = db.prepare_cached(ADD).await?;
    db.execute(
        &statement,
        &[
            &column(rows, |r| r.broadcast.0),
            &column(rows, |r| i32::try_from(r.minute).unwrap_or(i32::MAX)),
            &column(rows, counted),
            &column(rows, watched),
            &column(rows, |r| whole(r.seen.peak)),
            &column(rows, |r| whole(r.messages)),
            &column(rows, |r| whole(r.sessions)),
            &column(rows, |r| small(r.seen.looks.into())),
            &column(rows, |r| r.seen.bitrate_bps),
            &column(rows, |r| r.seen.fps),
            &column(rows, |r| small(r.seen.jitter_ms)),
            &column(rows, |r| small(r.seen.lag_ms)),
            &column(rows, |r| whole(r.seen.frames_dropped)),
        ],
    )
    .await?;
    Ok(())
}

fn column<T>(rows: &[Row], value: impl Fn(&Row) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

/// Nothing will be added to these any more.
pub async fn done(db: &impl GenericClient, ids: &[BroadcastId]) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    db.execute("UPDATE broadcasts SET counted = true WHERE id = ANY($1)", &[&ids]).await?;
    Ok(())
}

// Deleting comes first: what is put together is read from it.
const THIN: &str = "WITH long AS (UPDATE broadcasts SET minute_span = minute_span * 2 WHERE id IN (SELECT id FROM broadcasts \
     WHERE NOT counted AND live_at IS NOT NULL AND counted_minute - floor(extract(epoch FROM live_at) / 60)::int >= minute_span::bigint * $1 \
     AND minute_span < 1048576 LIMIT 20) RETURNING id, minute_span), \
     old AS (DELETE FROM broadcast_minutes m USING long WHERE m.broadcast_id = long.id RETURNING m.*, long.minute_span) \
     INSERT INTO broadcast_minutes (broadcast_id, minute, counted_s, watch_s, peak_viewers, messages, looks, bitrate_bps, fps, jitter_ms, \
     lag_ms, frames_dropped, reconnects) \
     SELECT broadcast_id, minute - minute % minute_span, sum(counted_s), sum(watch_s), max(peak_viewers), sum(messages)::bigint, \
     sum(looks)::int, sum(bitrate_bps), sum(fps), max(jitter_ms), max(lag_ms), sum(frames_dropped)::bigint, sum(reconnects)::int \
     FROM old GROUP BY 1, 2";

/// Puts two rows into one where a broadcast has more than so many.
pub async fn thin(db: &impl GenericClient, most: u32) -> Result<(), Error> {
    let statement = db.prepare_cached(THIN).await?;
    db.execute(&statement, &[&i64::from(most)]).await?;
    Ok(())
}
