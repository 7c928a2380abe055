//! SQL of personal block lists: whom a person does not want to read.

use streamly_domain::UserId;
use streamly_postgres::{Database, Error};
use time::OffsetDateTime;

/// A person's list, newest first; at most `count`.
pub async fn list(db: &Database, user: UserId, count: i64) -> Result<Vec<(UserId, OffsetDateTime)>, Error> {
    let sql = "SELECT blocked_id, blocked_at FROM blocks WHERE user_id = $1 ORDER BY blocked_at DESC, blocked_id LIMIT $2";
    let rows = db.get().await?.query(sql, &[&user.uuid(), &count]).await?;
    Ok(rows.iter().map(|r| (UserId(r.get(0)), r.get(1))).collect())
}

/// Puts somebody on the list; false: it has `max` others already. Once or often is the same.
pub async fn add(db: &Database, user: UserId, blocked: UserId, max: i64) -> Result<bool, Error> {
    let mut connection = db.get().await?;
    let transaction = connection.transaction().await?;
    super::lock(&transaction, "blocks", user.uuid()).await?;
    let count = "SELECT count(*) FROM blocks WHERE user_id = $1 AND blocked_id <> $2";
    let others: i64 = transaction.query_one(count, &[&user.uuid(), &blocked.uuid()]).await?.get(0);
    if others >= max {
        return Ok(false);
    }
    let sql = "INSERT INTO blocks (user_id, blocked_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    transaction.execute(sql, &[&user.uuid(), &blocked.uuid()]).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Takes somebody off the list. Once or often is the same.
pub async fn remove(db: &Database, user: UserId, blocked: UserId) -> Result<(), Error> {
    let sql = "DELETE FROM blocks WHERE user_id = $1 AND blocked_id = $2";
    db.get().await?.execute(sql, &[&user.uuid(), &blocked.uuid()]).await?;
    Ok(())
}
