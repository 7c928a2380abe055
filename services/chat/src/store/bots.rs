//! SQL of bots: named tokens of a channel, of which only a hash is kept.

use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error, GenericClient};
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

const COLUMNS: &str = "id, room_id, name, scopes, made_by, made_at, last_used_at";
/// How exactly the last use is noted: not each is written.
const USED_AGAIN: &str = "(last_used_at IS NULL OR last_used_at < now() - interval '1 minute')";

/// A bot as it is kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its identity.
    pub id: UserId,
    /// The only room that it is somebody in.
    pub room: ChannelId,
    /// Unique in the room among those that are not revoked.
    pub name: String,
    /// What its token is good for.
    pub scopes: Vec<String>,
    /// Who issued it.
    pub by: UserId,
    /// When.
    pub at: OffsetDateTime,
    /// To the minute; none: never.
    pub used: Option<OffsetDateTime>,
}

fn kept(row: &Row) -> Kept {
    Kept {
        id: UserId(row.get("id")),
        room: row.get::<_, Uuid>("room_id").into(),
        name: row.get("name"),
        scopes: row.get("scopes"),
        by: UserId(row.get("made_by")),
        at: row.get("made_at"),
        used: row.get("last_used_at"),
    }
}

/// The bot of a token's hash, unless it is revoked; notes the use.
pub async fn by_hash(db: &Database, hash: &[u8]) -> Result<Option<Kept>, Error> {
    let sql = format!(
        "WITH used AS (UPDATE bots SET last_used_at = now() WHERE token_hash = $1 AND revoked_at IS NULL AND {USED_AGAIN}) \
         SELECT {COLUMNS} FROM bots WHERE token_hash = $1 AND revoked_at IS NULL"
    );
    let connection = db.get().await?;
    let statement = connection.prepare_cached(&sql).await?;
    Ok(connection.query_opt(&statement, &[&hash]).await?.as_ref().map(kept))
}

/// Whether it is there and not revoked; notes the use.
pub async fn is_valid(db: &Database, bot: UserId) -> Result<bool, Error> {
    let sql = format!(
        "WITH used AS (UPDATE bots SET last_used_at = now() WHERE id = $1 AND revoked_at IS NULL AND {USED_AGAIN}) \
         SELECT 1 FROM bots WHERE id = $1 AND revoked_at IS NULL"
    );
    let connection = db.get().await?;
    let statement = connection.prepare_cached(&sql).await?;
    Ok(connection.query_opt(&statement, &[&bot.uuid()]).await?.is_some())
}

/// Those of the ids that are revoked bots; the others are bots or people.
pub async fn revoked(db: &Database, ids: &[UserId]) -> Result<Vec<UserId>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let sql = "SELECT id FROM bots WHERE id = ANY($1) AND revoked_at IS NOT NULL";
    Ok(db.get().await?.query(sql, &[&ids]).await?.iter().map(|r| UserId(r.get(0))).collect())
}

/// Those of the ids that are bots, revoked ones too.
pub async fn named(db: &Database, ids: &[UserId]) -> Result<Vec<Kept>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let sql = format!("SELECT {COLUMNS} FROM bots WHERE id = ANY($1)");
    Ok(db.get().await?.query(&sql, &[&ids]).await?.iter().map(kept).collect())
}

/// The room's bot of that name.
pub async fn find(db: &Database, room: ChannelId, name: &str) -> Result<Option<UserId>, Error> {
    let sql = "SELECT id FROM bots WHERE room_id = $1 AND name = $2 AND revoked_at IS NULL";
    Ok(db.get().await?.query_opt(sql, &[&room.uuid(), &name]).await?.map(|r| UserId(r.get(0))))
}

/// The room's bots, oldest first, without the revoked ones.
pub async fn list(db: &impl GenericClient, room: ChannelId) -> Result<Vec<Kept>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM bots WHERE room_id = $1 AND revoked_at IS NULL ORDER BY id");
    Ok(db.query(&sql, &[&room.uuid()]).await?.iter().map(kept).collect())
}

/// Nobody else adds to the room's bots until the transaction ends; answers them. Of revoked ones the newest `keep` stay.
pub async fn lock(transaction: &impl GenericClient, room: ChannelId, keep: i64) -> Result<Vec<Kept>, Error> {
    super::lock(transaction, "bots", room.uuid()).await?;
    let sql = "DELETE FROM bots WHERE id IN (SELECT id FROM bots WHERE room_id = $1 AND revoked_at IS NOT NULL \
               ORDER BY revoked_at DESC OFFSET $2)";
    transaction.execute(sql, &[&room.uuid(), &keep]).await?;
    list(transaction, room).await
}

/// Adds one.
pub async fn add(
    transaction: &impl GenericClient,
    room: ChannelId,
    name: &str,
    scopes: &[String],
    hash: &[u8],
    by: UserId,
) -> Result<Kept, Error> {
    let sql = format!(
        "INSERT INTO bots (id, room_id, name, scopes, token_hash, made_by) VALUES ($1, $2, $3, $4, $5, $6) RETURNING {COLUMNS}"
    );
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&Uuid::now_v7(), &room.uuid(), &name, &scopes, &hash, &by.uuid()];
    Ok(kept(&transaction.query_one(&sql, &values).await?))
}

/// Revokes one; answers it if it was there.
pub async fn revoke(db: &Database, room: ChannelId, bot: Uuid) -> Result<Option<Kept>, Error> {
    let sql = format!(
        "UPDATE bots SET revoked_at = now() WHERE room_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING {COLUMNS}"
    );
    Ok(db.get().await?.query_opt(&sql, &[&room.uuid(), &bot]).await?.as_ref().map(kept))
}
