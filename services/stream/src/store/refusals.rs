//! Refusals: why a known key was not let in, for its owner's dashboard.

use crate::error::Error;
use deadpool_postgres::GenericClient;
use streamly_domain::ChannelId;
use time::OffsetDateTime;
use uuid::Uuid;

/// Refusals kept per channel; an encoder that tries for ever fills no table.
const KEPT: i64 = 50;

/// Within so many minutes the same refusal of the same key is one: an OBS that was live tries again 25 times, for hours.
const REPEATED_MINUTES: i64 = 10;

/// One refusal.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Refusal {
    /// `key_revoked`, `takeover_refused`, `codec_unsupported`, …
    pub code: String,
    /// What happened and what to do.
    pub detail: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The key that was used.
    pub key_name: String,
    /// From where.
    pub remote_addr: String,
}

/// Adds one in the place of its like, and forgets the oldest.
pub async fn insert(
    db: &impl GenericClient,
    channel: ChannelId,
    refusal: &Refusal,
    attempt: Option<Uuid>,
) -> Result<(), Error> {
    let since = refusal.at - time::Duration::minutes(REPEATED_MINUTES);
    let sql = "DELETE FROM refusals WHERE channel_id = $1 AND code = $2 AND key_name = $3 AND at > $4";
    db.execute(sql, &[&channel.0, &refusal.code, &refusal.key_name, &since]).await?;
    let sql = "INSERT INTO refusals (id, channel_id, key_name, code, detail, remote_addr, attempt_id, at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (attempt_id) DO NOTHING";
    let r = refusal;
    db.execute(
        sql,
        &[&Uuid::now_v7(), &channel.0, &r.key_name, &r.code, &r.detail, &r.remote_addr, &attempt, &r.at],
    )
    .await?;
    let sql = "DELETE FROM refusals WHERE channel_id = $1 AND id NOT IN \
               (SELECT id FROM refusals WHERE channel_id = $1 ORDER BY at DESC LIMIT $2)";
    db.execute(sql, &[&channel.0, &KEPT]).await?;
    Ok(())
}

/// The code that an attempt was refused with.
pub async fn by_attempt(db: &impl GenericClient, attempt: Uuid) -> Result<Option<String>, Error> {
    let statement = db.prepare_cached("SELECT code FROM refusals WHERE attempt_id = $1").await?;
    Ok(db.query_opt(&statement, &[&attempt]).await?.map(|row| row.get(0)))
}

/// The newest ones since the channel was last live: what came before is settled.
pub async fn latest(db: &impl GenericClient, channel: ChannelId, count: i64) -> Result<Vec<Refusal>, Error> {
    let sql = "SELECT code, detail, at, key_name, remote_addr FROM refusals WHERE channel_id = $1 \
               AND at > coalesce((SELECT max(live_at) FROM broadcasts WHERE channel_id = $1), '-infinity') ORDER BY at DESC LIMIT $2";
    Ok(db
        .query(sql, &[&channel.0, &count])
        .await?
        .iter()
        .map(|row| Refusal {
            code: row.get(0),
            detail: row.get(1),
            at: row.get(2),
            key_name: row.get(3),
            remote_addr: row.get(4),
        })
        .collect())
}
