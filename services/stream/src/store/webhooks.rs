//! Webhooks of channels. Whoever changes one, or what waits for it, holds its row's lock; several rows are locked by id.

use super::deliveries;
use crate::{error::Error, webhooks::event::Kind};
use std::time::Duration;
use streamly_domain::ChannelId;
use streamly_postgres::GenericClient;
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

/// A webhook without its secrets.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Webhook {
    pub id: Uuid,
    pub name: String,
    pub url: String,
    pub events: Vec<String>,
    pub enabled: bool,
    pub created_at: OffsetDateTime,
    /// Until then the secret before the last rotation signs too.
    pub overlap_until: Option<OffsetDateTime>,
    pub off_at: Option<OffsetDateTime>,
    pub off_because: Option<String>,
    pub failing_since: Option<OffsetDateTime>,
    pub dropped: u64,
    pub waiting: u64,
}

const COLUMNS: &str = "w.id, w.name, w.url, w.events, w.enabled, w.created_at, CASE WHEN w.former_until > now() THEN w.former_until END \
     AS overlap_until, w.off_at, w.off_because, w.failing_since, w.dropped, \
     (SELECT count(*) FROM deliveries d WHERE d.webhook_id = w.id AND d.state = 'waiting') AS waiting";

fn webhook(row: &Row) -> Webhook {
    let unsigned = |name: &str| row.get::<_, i64>(name).max(0).unsigned_abs();
    Webhook {
        id: row.get("id"),
        name: row.get("name"),
        url: row.get("url"),
        events: row.get("events"),
        enabled: row.get("enabled"),
        created_at: row.get("created_at"),
        overlap_until: row.get("overlap_until"),
        off_at: row.get("off_at"),
        off_because: row.get("off_because"),
        failing_since: row.get("failing_since"),
        dropped: unsigned("dropped"),
        waiting: unsigned("waiting"),
    }
}

/// Those of a channel, the oldest first.
pub async fn list(db: &impl GenericClient, channel: ChannelId) -> Result<Vec<Webhook>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM webhooks w WHERE w.channel_id = $1 ORDER BY w.created_at, w.id");
    Ok(db.query(&sql, &[&channel.0]).await?.iter().map(webhook).collect())
}

/// That one, if it is the channel's.
pub async fn find(db: &impl GenericClient, channel: ChannelId, id: Uuid) -> Result<Option<Webhook>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM webhooks w WHERE w.channel_id = $1 AND w.id = $2");
    Ok(db.query_opt(&sql, &[&channel.0, &id]).await?.as_ref().map(webhook))
}

/// The same, its row locked until the transaction ends.
pub async fn lock(db: &impl GenericClient, channel: ChannelId, id: Uuid) -> Result<Option<Webhook>, Error> {
    let sql = "SELECT 1 FROM webhooks WHERE channel_id = $1 AND id = $2 FOR UPDATE";
    db.query_opt(sql, &[&channel.0, &id]).await?;
    find(db, channel, id).await
}

/// What a new one is.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Draft<'a> {
    pub id: Uuid,
    pub name: &'a str,
    pub url: &'a str,
    pub events: &'a [&'static str],
    /// Sealed.
    pub secret: &'a [u8],
}

/// Adds one.
pub async fn insert(db: &impl GenericClient, channel: ChannelId, draft: &Draft<'_>) -> Result<(), Error> {
    let sql =
        "INSERT INTO webhooks (id, channel_id, name, url, events, secret) VALUES ($1, $2, $3, $4, $5, $6)";
    let d = draft;
    db.execute(sql, &[&d.id, &channel.0, &d.name, &d.url, &d.events, &d.secret]).await?;
    Ok(())
}

/// What its owner changes; `None` leaves a field.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Edit<'a> {
    pub name: Option<&'a str>,
    pub url: Option<&'a str>,
    pub events: Option<&'a [&'static str]>,
    pub enabled: Option<bool>,
}

/// Changes one. Switched on it has no past; switched off nothing waits for it any more.
pub async fn edit(db: &impl GenericClient, id: Uuid, edit: &Edit<'_>) -> Result<(), Error> {
    if edit.enabled == Some(false) {
        deliveries::cancel(db, id).await?;
    }
    let sql = "UPDATE webhooks SET name = coalesce($2, name), url = coalesce($3, url), events = coalesce($4, events), \
               enabled = coalesce($5, enabled), due_at = CASE WHEN $5 IS NULL THEN due_at END, \
               off_at = CASE WHEN $5 THEN NULL ELSE off_at END, off_because = CASE WHEN $5 THEN NULL ELSE off_because END, \
               failures = CASE WHEN $5 THEN 0 ELSE failures END, failing_since = CASE WHEN $5 THEN NULL ELSE failing_since END, \
               paused_until = CASE WHEN $5 THEN NULL ELSE paused_until END, dropped = CASE WHEN $5 THEN 0 ELSE dropped END WHERE id = $1";
    db.execute(sql, &[&id, &edit.name, &edit.url, &edit.events, &edit.enabled]).await?;
    Ok(())
}

/// Removes one with its deliveries; `false`: there was none.
pub async fn delete(db: &impl GenericClient, channel: ChannelId, id: Uuid) -> Result<bool, Error> {
    let sql = "DELETE FROM webhooks WHERE channel_id = $1 AND id = $2";
    Ok(db.execute(sql, &[&channel.0, &id]).await? > 0)
}

/// Another secret; the present one signs beside it for that time. One that still did so from before does not any more.
pub async fn rotate(
    db: &impl GenericClient,
    id: Uuid,
    sealed: &[u8],
    overlap: Duration,
) -> Result<(), Error> {
    let sql = "UPDATE webhooks SET secret = $2, former_secret = CASE WHEN $3::float8 > 0 THEN secret END, \
               former_until = CASE WHEN $3::float8 > 0 THEN now() + make_interval(secs => $3::float8) END WHERE id = $1";
    db.execute(sql, &[&id, &sealed, &overlap.as_secs_f64()]).await?;
    Ok(())
}

/// Those of a channel that want to be told of such an event, locked.
pub async fn wanting(db: &impl GenericClient, channel: ChannelId, kind: Kind) -> Result<Vec<Uuid>, Error> {
    let sql = "SELECT w.id FROM webhooks w WHERE w.channel_id = $1 AND w.enabled AND $2 = ANY(w.events) ORDER BY w.id FOR UPDATE";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&channel.0, &kind.as_str()]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The owner wants a delivery sent now, before all others and whatever failed before.
pub async fn hurry(db: &impl GenericClient, id: Uuid, delivery: Uuid) -> Result<(), Error> {
    db.execute("UPDATE deliveries SET due_at = to_timestamp(0) WHERE id = $1", &[&delivery]).await?;
    db.execute("UPDATE webhooks SET paused_until = NULL, due_at = now() WHERE id = $1", &[&id]).await?;
    Ok(())
}
