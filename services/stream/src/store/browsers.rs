//! Browsers that take Web Push. Where one is reached is stored sealed, and found by a keyed hash; this module sees neither in the clear.

use crate::error::Error;
use deadpool_postgres::GenericClient;
use streamly_domain::UserId;
use time::OffsetDateTime;
use uuid::Uuid;

/// A browser as its owner sees it.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Subscribed {
    pub id: Uuid,
    pub name: String,
    pub made_at: OffsetDateTime,
    pub told_at: Option<OffsetDateTime>,
}

/// A browser as it is reached.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Sealed {
    pub id: Uuid,
    pub user: UserId,
    pub sealed: Vec<u8>,
}

/// Keeps a browser for a user; of one that is known, whosever it was, the row of before goes. Beyond `most` the user's oldest go.
pub async fn put(
    db: &impl GenericClient,
    id: Uuid,
    user: UserId,
    lookup: &[u8],
    sealed: &[u8],
    name: &str,
    most: i64,
) -> Result<(), Error> {
    let sql = "INSERT INTO push_subscriptions (id, user_id, lookup, sealed, name) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (lookup) DO UPDATE \
               SET id = excluded.id, user_id = excluded.user_id, sealed = excluded.sealed, name = excluded.name, made_at = now(), told_at = NULL";
    db.execute(sql, &[&id, &user.0, &lookup, &sealed, &name]).await?;
    let sql = "DELETE FROM push_subscriptions WHERE user_id = $1 AND id NOT IN \
               (SELECT id FROM push_subscriptions WHERE user_id = $1 ORDER BY made_at DESC, id DESC LIMIT $2)";
    db.execute(sql, &[&user.0, &most]).await?;
    Ok(())
}

/// A user's browsers, the newest first.
pub async fn list(db: &impl GenericClient, user: UserId) -> Result<Vec<Subscribed>, Error> {
    let sql = "SELECT id, name, made_at, told_at FROM push_subscriptions WHERE user_id = $1 ORDER BY made_at DESC, id DESC";
    let rows = db.query(sql, &[&user.0]).await?;
    Ok(rows
        .iter()
        .map(|row| Subscribed {
            id: row.get("id"),
            name: row.get("name"),
            made_at: row.get("made_at"),
            told_at: row.get("told_at"),
        })
        .collect())
}

/// Forgets a user's browser; whether there was one.
pub async fn remove(db: &impl GenericClient, user: UserId, id: Uuid) -> Result<bool, Error> {
    let sql = "DELETE FROM push_subscriptions WHERE user_id = $1 AND id = $2";
    Ok(db.execute(sql, &[&user.0, &id]).await? > 0)
}

/// Browsers of these users.
pub async fn of(db: &impl GenericClient, users: &[UserId]) -> Result<Vec<Sealed>, Error> {
    let users: Vec<Uuid> = users.iter().map(|user| user.0).collect();
    let sql = "SELECT id, user_id, sealed FROM push_subscriptions WHERE user_id = ANY($1) ORDER BY user_id, made_at DESC";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&users]).await?;
    Ok(rows
        .iter()
        .map(|row| Sealed { id: row.get("id"), user: UserId(row.get("user_id")), sealed: row.get("sealed") })
        .collect())
}

/// Notes that these were told, and forgets those that are no more.
pub async fn told(db: &impl GenericClient, told: &[Uuid], gone: &[Uuid]) -> Result<(), Error> {
    if !told.is_empty() {
        db.execute("UPDATE push_subscriptions SET told_at = now() WHERE id = ANY($1)", &[&told]).await?;
    }
    if !gone.is_empty() {
        db.execute("DELETE FROM push_subscriptions WHERE id = ANY($1)", &[&gone]).await?;
    }
    Ok(())
}

/// Removes all that is known of a user's notices.
pub async fn forget(db: &impl GenericClient, user: UserId) -> Result<(), Error> {
    db.execute("DELETE FROM push_subscriptions WHERE user_id = $1", &[&user.0]).await?;
    db.execute("DELETE FROM notice_settings WHERE user_id = $1", &[&user.0]).await?;
    Ok(())
}
