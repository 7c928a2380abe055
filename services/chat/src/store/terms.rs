//! SQL of blocked terms: a list for each room, each term once.

use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error, GenericClient};
use time::OffsetDateTime;
use uuid::Uuid;

/// A term as it is kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its id.
    pub id: Uuid,
    /// As it is read.
    pub term: String,
    /// By whom.
    pub by: UserId,
    /// Since when.
    pub at: OffsetDateTime,
}

/// All terms of a room, oldest first; at most `count`.
pub async fn list(db: &Database, room: ChannelId, count: i64) -> Result<Vec<Kept>, Error> {
    let connection = db.get().await?;
    let sql = "SELECT id, term, added_by, added_at FROM terms WHERE room_id = $1 ORDER BY id LIMIT $2";
    let statement = connection.prepare_cached(sql).await?;
    let rows = connection.query(&statement, &[&room.uuid(), &count]).await?;
    Ok(rows
        .iter()
        .map(|r| Kept { id: r.get(0), term: r.get(1), by: UserId(r.get(2)), at: r.get(3) })
        .collect())
}

/// Nobody else adds to the room's list until the transaction ends; answers the terms.
pub async fn lock(transaction: &impl GenericClient, room: ChannelId) -> Result<Vec<String>, Error> {
    super::lock(transaction, "terms", room.uuid()).await?;
    let sql = "SELECT term FROM terms WHERE room_id = $1 ORDER BY id";
    Ok(transaction.query(sql, &[&room.uuid()]).await?.iter().map(|r| r.get(0)).collect())
}

/// Adds a term; one that is there already stays as it is. Answers its id, and whether it is new.
pub async fn add(
    transaction: &impl GenericClient,
    room: ChannelId,
    term: &str,
    by: UserId,
) -> Result<(Uuid, bool), Error> {
    let sql = "INSERT INTO terms (id, room_id, term, added_by) VALUES ($1, $2, $3, $4) ON CONFLICT (room_id, term) DO NOTHING";
    let id = Uuid::now_v7();
    if transaction.execute(sql, &[&id, &room.uuid(), &term, &by.uuid()]).await? > 0 {
        return Ok((id, true));
    }
    let sql = "SELECT id FROM terms WHERE room_id = $1 AND term = $2";
    Ok((transaction.query_one(sql, &[&room.uuid(), &term]).await?.get(0), false))
}

/// Takes a term off the list; answers it if it was there.
pub async fn remove(
    transaction: &impl GenericClient,
    room: ChannelId,
    id: Uuid,
) -> Result<Option<String>, Error> {
    let sql = "DELETE FROM terms WHERE room_id = $1 AND id = $2 RETURNING term";
    Ok(transaction.query_opt(sql, &[&room.uuid(), &id]).await?.map(|r| r.get(0)))
}
