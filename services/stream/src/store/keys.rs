//! Stream keys and their secrets: hashed and sealed, never in the clear.

use crate::{error::Error, store::channels};
use std::time::Duration;
use streamly_domain::{ChannelId, KeyId};
use streamly_postgres::GenericClient;
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

/// A key's row, without its secret.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Key {
    pub id: KeyId,
    pub name: String,
    pub created_at: OffsetDateTime,
    pub last_used_at: Option<OffsetDateTime>,
    pub encoder: String,
    pub remote_addr: String,
    /// From then on it opens nothing new.
    pub expires_at: Option<OffsetDateTime>,
    /// Until then the secret before the present one still opens.
    pub overlap_until: Option<OffsetDateTime>,
}

/// Columns of a key, for `FROM stream_keys k`.
const COLUMNS: &str = "k.*, (SELECT max(s.valid_until) FROM key_secrets s WHERE s.key_id = k.id AND s.valid_until > now()) AS overlap_until";

fn key(row: &Row) -> Key {
    Key {
        id: KeyId(row.get("id")),
        name: row.get("name"),
        created_at: row.get("created_at"),
        last_used_at: row.get("last_used_at"),
        encoder: row.get("encoder"),
        remote_addr: row.get("remote_addr"),
        expires_at: row.get("expires_at"),
        overlap_until: row.get("overlap_until"),
    }
}

/// What a presented key belongs to.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Presented {
    pub key_id: KeyId,
    pub key_name: String,
    /// The key, or this secret of it, is not valid any more.
    pub revoked: bool,
    /// The key goes on, but has another secret now.
    pub replaced: bool,
    /// It is over by its own date.
    pub expired: bool,
    pub last_gop_ms: u32,
    pub channel: channels::Channel,
}

/// Finds a presented key by its hash. Whether it is replaced goes by the moment of the statement, not of the transaction: that may
/// have waited for the rotation.
pub async fn present(db: &impl GenericClient, lookup: &[u8]) -> Result<Option<Presented>, Error> {
    let statement = db.prepare_cached(&presenting()).await?;
    Ok(db.query_opt(&statement, &[&lookup]).await?.map(|row| {
        let (deleted, replaced): (bool, bool) = (row.get("deleted"), row.get("replaced"));
        let expired: bool = row.get("expired");
        Presented {
            key_id: KeyId(row.get("key_id")),
            key_name: row.get("key_name"),
            revoked: deleted || replaced,
            replaced: replaced && !deleted,
            expired: expired && !deleted && !replaced,
            last_gop_ms: row.get::<_, i32>("last_gop_ms").max(0) as u32,
            channel: channels::Channel::from_row(&row),
        }
    }))
}

/// The statement of [`present`].
pub(super) fn presenting() -> String {
    format!(
        "SELECT k.id AS key_id, k.name AS key_name, k.last_gop_ms, k.revoked_at IS NOT NULL AS deleted, \
         coalesce(s.valid_until <= clock_timestamp(), false) AS replaced, \
         coalesce(k.expires_at <= clock_timestamp(), false) AS expired, {} \
         FROM key_secrets s JOIN stream_keys k ON k.id = s.key_id JOIN channels c ON c.id = k.channel_id WHERE s.lookup = $1",
        channels::COLUMNS
    )
}

/// The channel's keys, oldest first.
pub async fn list(db: &impl GenericClient, channel: ChannelId) -> Result<Vec<Key>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM stream_keys k WHERE channel_id = $1 AND revoked_at IS NULL ORDER BY created_at, id"
    );
    Ok(db.query(&sql, &[&channel.0]).await?.iter().map(key).collect())
}

/// One key of that channel; others' keys are not there.
pub async fn find(db: &impl GenericClient, channel: ChannelId, id: KeyId) -> Result<Option<Key>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM stream_keys k WHERE channel_id = $1 AND id = $2 AND revoked_at IS NULL"
    );
    Ok(db.query_opt(&sql, &[&channel.0, &id.0]).await?.as_ref().map(key))
}

/// Adds a key.
pub async fn insert(
    db: &impl GenericClient,
    channel: ChannelId,
    name: &str,
    expires_at: Option<OffsetDateTime>,
) -> Result<Key, Error> {
    let sql = "INSERT INTO stream_keys (id, channel_id, name, expires_at) VALUES ($1, $2, $3, $4) \
               RETURNING *, NULL::timestamptz AS overlap_until";
    Ok(key(&db.query_one(sql, &[&KeyId::new().0, &channel.0, &name, &expires_at]).await?))
}

/// Changes name and end of a key of that channel; `None` leaves one as it is, `Some(None)` means that it has no end.
pub async fn edit(
    db: &impl GenericClient,
    channel: ChannelId,
    key: KeyId,
    name: Option<&str>,
    expires_at: Option<Option<OffsetDateTime>>,
) -> Result<(), Error> {
    let sql = "UPDATE stream_keys SET name = coalesce($3, name), expires_at = CASE WHEN $4 THEN $5 ELSE expires_at END \
               WHERE channel_id = $1 AND id = $2 AND revoked_at IS NULL";
    let (changes, end) = (expires_at.is_some(), expires_at.flatten());
    db.execute(sql, &[&channel.0, &key.0, &name, &changes, &end]).await?;
    Ok(())
}

/// Adds the current secret of a key; [`retire`] the old one first.
pub async fn add_secret(
    db: &impl GenericClient,
    id: Uuid,
    key: KeyId,
    lookup: &[u8],
    sealed: &[u8],
) -> Result<(), Error> {
    let sql = "INSERT INTO key_secrets (id, key_id, lookup, sealed) VALUES ($1, $2, $3, $4)";
    db.execute(sql, &[&id, &key.0, &lookup, &sealed]).await?;
    Ok(())
}

/// The current secret ends after `overlap`.
pub async fn retire(db: &impl GenericClient, key: KeyId, overlap: Duration) -> Result<(), Error> {
    let sql = "UPDATE key_secrets SET valid_until = now() + make_interval(secs => $2) WHERE key_id = $1 AND valid_until IS NULL";
    db.execute(sql, &[&key.0, &overlap.as_secs_f64()]).await?;
    Ok(())
}

/// The current secret: its row and the sealed text.
pub async fn current_secret(db: &impl GenericClient, key: KeyId) -> Result<Option<(Uuid, Vec<u8>)>, Error> {
    let sql = "SELECT id, sealed FROM key_secrets WHERE key_id = $1 AND valid_until IS NULL";
    Ok(db.query_opt(sql, &[&key.0]).await?.map(|row| (row.get(0), row.get(1))))
}

/// Ends a key of that channel for good; it stays known, so that its owner learns of later attempts. Twice is as once; `false`: the
/// channel never had it.
pub async fn revoke(db: &impl GenericClient, channel: ChannelId, key: KeyId) -> Result<bool, Error> {
    let sql =
        "UPDATE stream_keys SET revoked_at = coalesce(revoked_at, now()) WHERE channel_id = $1 AND id = $2";
    Ok(db.execute(sql, &[&channel.0, &key.0]).await? == 1)
}

/// The statement of [`used`].
pub(super) const USED: &str =
    "UPDATE stream_keys SET last_used_at = now(), encoder = $2, remote_addr = $3 WHERE id = $1";

/// Notes who used a key.
pub async fn used(db: &impl GenericClient, key: KeyId, encoder: &str, remote: &str) -> Result<(), Error> {
    let statement = db.prepare_cached(USED).await?;
    db.execute(&statement, &[&key.0, &encoder, &remote]).await?;
    Ok(())
}

/// The name of a session's key and the address of its publisher.
pub async fn of_session(db: &impl GenericClient, session: Uuid) -> Result<Option<(String, String)>, Error> {
    let sql =
        "SELECT k.name, s.remote_addr FROM sessions s JOIN stream_keys k ON k.id = s.key_id WHERE s.id = $1";
    Ok(db.query_opt(sql, &[&session]).await?.map(|row| (row.get(0), row.get(1))))
}

/// Remembers the GOP of the session's key.
pub async fn set_gop(db: &impl GenericClient, session: Uuid, gop_ms: u32) -> Result<(), Error> {
    let sql =
        "UPDATE stream_keys SET last_gop_ms = $2 WHERE id = (SELECT key_id FROM sessions WHERE id = $1)";
    db.execute(sql, &[&session, &i32::try_from(gop_ms).unwrap_or(i32::MAX)]).await?;
    Ok(())
}
