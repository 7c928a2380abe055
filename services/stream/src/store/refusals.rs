//! Refusals: why a known key was not let in, for its owner's dashboard.
//!
//! Each refused attempt has a row, so that the same attempt gets the same answer and is told of once. An encoder that tries again and
//! again is one refusal to its owner: a row is shown only if none like it followed soon.

use crate::error::Error;
use streamly_domain::ChannelId;
use streamly_postgres::GenericClient;
use time::OffsetDateTime;
use uuid::Uuid;

/// Refusals kept per channel; an encoder that tries for ever fills no table.
const KEPT: i64 = 50;

/// Attempts kept of the same refusal of the same key as far as they are not shown: enough for every one that may still be asked about, few
/// enough to leave others their place.
const ATTEMPTS: i64 = 10;

/// Whether row `r` is followed by its like: the same refusal of the same key within ten minutes. An OBS that was live tries again 25
/// times, for hours.
const REPEATED: &str = "EXISTS (SELECT FROM refusals n WHERE n.channel_id = r.channel_id AND n.code = r.code \
    AND n.key_name = r.key_name AND (n.at, n.id) > (r.at, r.id) AND n.at < r.at + interval '10 minutes')";

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

/// Adds one and forgets the oldest. `false`, and nothing is done, if that attempt is known.
pub async fn insert(
    db: &impl GenericClient,
    channel: ChannelId,
    refusal: &Refusal,
    attempt: Option<Uuid>,
) -> Result<bool, Error> {
    let sql = "INSERT INTO refusals (id, channel_id, key_name, code, detail, remote_addr, attempt_id, at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (attempt_id) DO NOTHING";
    let r = refusal;
    let added = db
        .execute(
            sql,
            &[&Uuid::now_v7(), &channel.0, &r.key_name, &r.code, &r.detail, &r.remote_addr, &attempt, &r.at],
        )
        .await?;
    if added == 0 {
        return Ok(false);
    }
    let sql = format!(
        "DELETE FROM refusals r WHERE channel_id = $1 AND code = $2 AND key_name = $3 AND {REPEATED} AND id NOT IN (SELECT id \
         FROM refusals WHERE channel_id = $1 AND code = $2 AND key_name = $3 ORDER BY at DESC, id DESC LIMIT $4)"
    );
    db.execute(&sql, &[&channel.0, &r.code, &r.key_name, &ATTEMPTS]).await?;
    let sql = "DELETE FROM refusals WHERE channel_id = $1 AND id NOT IN \
               (SELECT id FROM refusals WHERE channel_id = $1 ORDER BY at DESC LIMIT $2)";
    db.execute(sql, &[&channel.0, &KEPT]).await?;
    Ok(true)
}

/// Whether the channel has such a refusal of the last ten minutes.
pub async fn lately(db: &impl GenericClient, channel: ChannelId, like: &Refusal) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT FROM refusals WHERE channel_id = $1 AND code = $2 AND key_name = $3 \
               AND at > now() - interval '10 minutes')";
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query_one(&statement, &[&channel.0, &like.code, &like.key_name]).await?.get(0))
}

/// The statement of [`by_attempt`].
pub(super) const BY_ATTEMPT: &str = "SELECT code FROM refusals WHERE attempt_id = $1";

/// The code that an attempt was refused with.
pub async fn by_attempt(db: &impl GenericClient, attempt: Uuid) -> Result<Option<String>, Error> {
    let statement = db.prepare_cached(BY_ATTEMPT).await?;
    Ok(db.query_opt(&statement, &[&attempt]).await?.map(|row| row.get(0)))
}

/// The newest ones since the channel was last live: what came before is settled.
pub async fn latest(db: &impl GenericClient, channel: ChannelId, count: i64) -> Result<Vec<Refusal>, Error> {
    let sql = format!(
        "SELECT code, detail, at, key_name, remote_addr FROM refusals r WHERE channel_id = $1 AND NOT {REPEATED} \
         AND at > coalesce((SELECT max(live_at) FROM broadcasts WHERE channel_id = $1), '-infinity') ORDER BY at DESC LIMIT $2"
    );
    Ok(db
        .query(&sql, &[&channel.0, &count])
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
