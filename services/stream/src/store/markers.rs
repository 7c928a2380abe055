//! Markers: places in broadcasts that the channel's owner or moderators want to find again.

use crate::error::Error;
use streamly_domain::{BroadcastId, ChannelId, UserId};
use streamly_postgres::GenericClient;
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

/// A marker's row.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Marker {
    pub id: Uuid,
    /// Where in the broadcast, by the clock.
    pub at: OffsetDateTime,
    /// When the broadcast began.
    pub live_at: OffsetDateTime,
    pub label: String,
    pub made_by: UserId,
}

fn marker(row: &Row) -> Marker {
    Marker {
        id: row.get("id"),
        at: row.get("at"),
        live_at: row.get("live_at"),
        label: row.get("label"),
        made_by: UserId(row.get("made_by")),
    }
}

/// Those of a broadcast of the channel, in their order in it; none of one that was not live.
pub async fn of(
    db: &impl GenericClient,
    channel: ChannelId,
    broadcast: BroadcastId,
) -> Result<Vec<Marker>, Error> {
    let sql = "SELECT m.id, m.at, m.label, m.made_by, b.live_at FROM markers m JOIN broadcasts b ON b.id = m.broadcast_id \
               WHERE m.broadcast_id = $1 AND b.channel_id = $2 AND b.live_at IS NOT NULL ORDER BY m.at, m.id";
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query(&statement, &[&broadcast.0, &channel.0]).await?.iter().map(marker).collect())
}

/// How many a broadcast has.
pub async fn count(db: &impl GenericClient, broadcast: BroadcastId) -> Result<u64, Error> {
    let row = db.query_one("SELECT count(*) FROM markers WHERE broadcast_id = $1", &[&broadcast.0]).await?;
    Ok(row.get::<_, i64>(0).max(0).unsigned_abs())
}

/// Adds one to a broadcast that is or was live, so long before now, but not before it began.
pub async fn insert(
    db: &impl GenericClient,
    broadcast: BroadcastId,
    behind_s: f64,
    label: &str,
    by: UserId,
) -> Result<Option<Marker>, Error> {
    let sql = "WITH m AS (INSERT INTO markers (id, broadcast_id, at, label, made_by) \
               SELECT $1, b.id, greatest(b.live_at, now() - make_interval(secs => $3)), $4, $5 FROM broadcasts b \
               WHERE b.id = $2 AND b.live_at IS NOT NULL RETURNING *) \
               SELECT m.id, m.at, m.label, m.made_by, b.live_at FROM m JOIN broadcasts b ON b.id = m.broadcast_id";
    let row = db.query_opt(sql, &[&Uuid::now_v7(), &broadcast.0, &behind_s, &label, &by.0]).await?;
    Ok(row.as_ref().map(marker))
}

/// Gives one of the channel's another label; none: there is no such marker.
pub async fn rename(
    db: &impl GenericClient,
    channel: ChannelId,
    id: Uuid,
    label: &str,
) -> Result<Option<Marker>, Error> {
    let sql = "UPDATE markers m SET label = $3 FROM broadcasts b WHERE m.id = $1 AND b.id = m.broadcast_id AND b.channel_id = $2 \
               RETURNING m.id, m.at, m.label, m.made_by, b.live_at";
    Ok(db.query_opt(sql, &[&id, &channel.0, &label]).await?.as_ref().map(marker))
}

/// Removes one of the channel's. `false`: there is no such marker.
pub async fn remove(db: &impl GenericClient, channel: ChannelId, id: Uuid) -> Result<bool, Error> {
    let sql = "DELETE FROM markers m USING broadcasts b WHERE m.id = $1 AND b.id = m.broadcast_id AND b.channel_id = $2";
    Ok(db.execute(sql, &[&id, &channel.0]).await? == 1)
}
