//! SQL of what banned people ask for. One open request of a person in a room.

use std::time::Duration;
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error, GenericClient};
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

const COLUMNS: &str = "id, user_id, text, state, created_at, resolved_at, resolved_by, answer";

/// A request.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Kept {
    pub id: Uuid,
    pub user: UserId,
    pub text: String,
    /// `open`, `approved`, `denied`.
    pub state: String,
    pub at: OffsetDateTime,
    pub resolved_at: Option<OffsetDateTime>,
    pub resolved_by: Option<UserId>,
    pub answer: String,
}

fn kept(row: &Row) -> Kept {
    Kept {
        id: row.get("id"),
        user: UserId(row.get("user_id")),
        text: row.get("text"),
        state: row.get("state"),
        at: row.get("created_at"),
        resolved_at: row.get("resolved_at"),
        resolved_by: row.get::<_, Option<Uuid>>("resolved_by").map(UserId),
        answer: row.get("answer"),
    }
}

/// Keeps a request, unless one is open: then that one. Says whether it is new.
pub async fn add(db: &Database, room: ChannelId, user: UserId, text: &str) -> Result<(Kept, bool), Error> {
    let connection = db.get().await?;
    let sql = format!(
        "INSERT INTO unban_requests (id, room_id, user_id, text) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (room_id, user_id) WHERE state = 'open' DO NOTHING RETURNING {COLUMNS}"
    );
    let row = connection.query_opt(&sql, &[&Uuid::now_v7(), &room.uuid(), &user.uuid(), &text]).await?;
    if let Some(row) = row {
        return Ok((kept(&row), true));
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM unban_requests WHERE room_id = $1 AND user_id = $2 ORDER BY id DESC LIMIT 1"
    );
    Ok((kept(&connection.query_one(&sql, &[&room.uuid(), &user.uuid()]).await?), false))
}

/// How long ago the newest one that was denied was resolved.
pub async fn denied_ago(db: &Database, room: ChannelId, user: UserId) -> Result<Option<Duration>, Error> {
    let sql = "SELECT extract(epoch FROM now() - max(resolved_at))::float8 FROM unban_requests \
               WHERE room_id = $1 AND user_id = $2 AND state = 'denied'";
    let ago: Option<f64> = db.get().await?.query_one(sql, &[&room.uuid(), &user.uuid()]).await?.get(0);
    Ok(ago.map(|s| Duration::try_from_secs_f64(s).unwrap_or_default()))
}

/// One, whatever became of it.
pub async fn get(db: &impl GenericClient, room: ChannelId, id: Uuid) -> Result<Option<Kept>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM unban_requests WHERE room_id = $1 AND id = $2");
    Ok(db.query_opt(&sql, &[&room.uuid(), &id]).await?.as_ref().map(kept))
}

/// The same, and nobody else resolves it until the transaction ends.
pub async fn lock(
    transaction: &impl GenericClient,
    room: ChannelId,
    id: Uuid,
) -> Result<Option<Kept>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM unban_requests WHERE room_id = $1 AND id = $2 FOR UPDATE");
    Ok(transaction.query_opt(&sql, &[&room.uuid(), &id]).await?.as_ref().map(kept))
}

/// A page of a room's open ones (`is_open` false: resolved ones), oldest first; or of all that one person asked for.
pub async fn page(
    db: &Database,
    room: ChannelId,
    user: Option<UserId>,
    is_open: bool,
    after: Option<Uuid>,
    count: i64,
) -> Result<Vec<Kept>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM unban_requests WHERE room_id = $1 AND ($2::uuid IS NOT NULL OR (state = 'open') = $3) \
         AND ($2::uuid IS NULL OR user_id = $2) AND ($4::uuid IS NULL OR id > $4) ORDER BY id LIMIT $5"
    );
    let user = user.map(UserId::uuid);
    let rows = db.get().await?.query(&sql, &[&room.uuid(), &user, &is_open, &after, &count]).await?;
    Ok(rows.iter().map(kept).collect())
}

/// Resolves one that is locked.
pub async fn resolve(
    transaction: &impl GenericClient,
    id: Uuid,
    state: &str,
    by: UserId,
    answer: &str,
) -> Result<(), Error> {
    let sql = "UPDATE unban_requests SET state = $2, resolved_at = now(), resolved_by = $3, answer = $4 WHERE id = $1";
    transaction.execute(sql, &[&id, &state, &by.uuid(), &answer]).await?;
    Ok(())
}

/// Deletes what was resolved longer ago than `age`; answers how many.
pub async fn forget(db: &Database, age: Duration) -> Result<u64, Error> {
    let sql = "DELETE FROM unban_requests WHERE state <> 'open' AND resolved_at < now() - make_interval(secs => $1)";
    Ok(db.get().await?.execute(sql, &[&age.as_secs_f64()]).await?)
}
