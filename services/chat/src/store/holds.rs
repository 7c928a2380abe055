//! SQL of messages that wait for a moderator. A row is written once and resolved once; resolved ones are deleted after a time.

use crate::log_id::LogId;
use std::time::Duration;
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error, GenericClient};
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

const COLUMNS: &str =
    "id, room_id, user_id, nonce, text, body, reason, matched, state, created_at, expires_at, message_id";

/// A message that waits, or did.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Kept {
    pub id: Uuid,
    pub room: ChannelId,
    pub user: UserId,
    pub nonce: Option<String>,
    pub text: String,
    /// Members of the message to be.
    pub body: String,
    pub reason: String,
    pub matched: Option<String>,
    /// `waiting`, `approved`, `denied`, `expired`.
    pub state: String,
    pub at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    /// The message that came of it.
    pub message: Option<String>,
}

impl Kept {
    /// Whether it was approved, and is not known to be said.
    pub fn is_unsaid(&self) -> bool {
        self.state == "approved" && self.message.is_none()
    }
}

fn kept(row: &Row) -> Kept {
    Kept {
        id: row.get("id"),
        room: ChannelId(row.get("room_id")),
        user: UserId(row.get("user_id")),
        nonce: row.get("nonce"),
        text: row.get("text"),
        body: row.get("body"),
        reason: row.get("reason"),
        matched: row.get("matched"),
        state: row.get("state"),
        at: row.get("created_at"),
        expires_at: row.get("expires_at"),
        message: row.get("message_id"),
    }
}

/// A message that is to wait.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct New<'a> {
    pub room: ChannelId,
    pub user: UserId,
    pub nonce: Option<&'a str>,
    pub text: &'a str,
    pub body: &'a str,
    pub reason: &'a str,
    pub matched: Option<&'a str>,
    /// How long it waits.
    pub lasts: Duration,
}

/// Nobody else adds to the room's queue until the transaction ends; answers how many wait, and how many of them are the person's.
pub async fn lock(
    transaction: &impl GenericClient,
    room: ChannelId,
    user: UserId,
) -> Result<(i64, i64), Error> {
    super::lock(transaction, "holds", room.uuid()).await?;
    let sql = "SELECT count(*), count(*) FILTER (WHERE user_id = $2) FROM holds WHERE room_id = $1 AND state = 'waiting' AND expires_at > now()";
    let row = transaction.query_one(sql, &[&room.uuid(), &user.uuid()]).await?;
    Ok((row.get(0), row.get(1)))
}

/// What an earlier frame with the nonce made: still waiting, or from the last `within`.
pub async fn repeated(
    db: &impl GenericClient,
    room: ChannelId,
    user: UserId,
    nonce: &str,
    within: Duration,
) -> Result<Option<Kept>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM holds WHERE room_id = $1 AND user_id = $2 AND nonce = $3 \
         AND (state = 'waiting' OR created_at > now() - make_interval(secs => $4)) ORDER BY id DESC LIMIT 1"
    );
    let row = db.query_opt(&sql, &[&room.uuid(), &user.uuid(), &nonce, &within.as_secs_f64()]).await?;
    Ok(row.as_ref().map(kept))
}

/// Lets it wait.
pub async fn add(transaction: &impl GenericClient, new: &New<'_>) -> Result<Kept, Error> {
    let sql = format!(
        "INSERT INTO holds (id, room_id, user_id, nonce, text, body, reason, matched, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(secs => $9)) RETURNING {COLUMNS}"
    );
    let (room, user) = (new.room.uuid(), new.user.uuid());
    let row = transaction
        .query_one(
            &sql,
            &[
                &Uuid::now_v7(),
                &room,
                &user,
                &new.nonce,
                &new.text,
                &new.body,
                &new.reason,
                &new.matched,
                &new.lasts.as_secs_f64(),
            ],
        )
        .await?;
    Ok(kept(&row))
}

/// One, whatever became of it.
pub async fn get(db: &impl GenericClient, room: ChannelId, id: Uuid) -> Result<Option<Kept>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM holds WHERE room_id = $1 AND id = $2");
    Ok(db.query_opt(&sql, &[&room.uuid(), &id]).await?.as_ref().map(kept))
}

/// The same, and nobody else resolves it until the transaction ends.
pub async fn lock_one(
    transaction: &impl GenericClient,
    room: ChannelId,
    id: Uuid,
) -> Result<Option<Kept>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM holds WHERE room_id = $1 AND id = $2 FOR UPDATE");
    Ok(transaction.query_opt(&sql, &[&room.uuid(), &id]).await?.as_ref().map(kept))
}

/// Those that wait, oldest first, after `after`; of one person or of all.
pub async fn page(
    db: &Database,
    room: ChannelId,
    user: Option<UserId>,
    after: Option<Uuid>,
    count: i64,
) -> Result<Vec<Kept>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM holds WHERE room_id = $1 AND state = 'waiting' AND expires_at > now() \
         AND ($2::uuid IS NULL OR user_id = $2) AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4"
    );
    let user = user.map(UserId::uuid);
    let rows = db.get().await?.query(&sql, &[&room.uuid(), &user, &after, &count]).await?;
    Ok(rows.iter().map(kept).collect())
}

/// Resolves one that is locked.
pub async fn resolve(
    transaction: &impl GenericClient,
    id: Uuid,
    state: &str,
    by: UserId,
) -> Result<(), Error> {
    let sql = "UPDATE holds SET state = $2, resolved_at = now(), resolved_by = $3 WHERE id = $1";
    transaction.execute(sql, &[&id, &state, &by.uuid()]).await?;
    Ok(())
}

/// Notes the message that came of an approved one.
pub async fn said(db: &Database, id: Uuid, message: LogId) -> Result<(), Error> {
    let sql = "UPDATE holds SET message_id = $2 WHERE id = $1";
    db.get().await?.execute(sql, &[&id, &message.to_string()]).await?;
    Ok(())
}

/// Some that were approved longer ago than `age` and are not known to be said.
pub async fn unsaid(db: &Database, age: Duration, count: i64) -> Result<Vec<Kept>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM holds WHERE state = 'approved' AND message_id IS NULL \
         AND resolved_at < now() - make_interval(secs => $1) ORDER BY resolved_at LIMIT $2"
    );
    Ok(db.get().await?.query(&sql, &[&age.as_secs_f64(), &count]).await?.iter().map(kept).collect())
}

/// Denies all of a person in the room that wait; the room's queue is locked. Answers them as they are now.
pub async fn deny_all(
    transaction: &impl GenericClient,
    room: ChannelId,
    user: UserId,
    by: UserId,
) -> Result<Vec<Kept>, Error> {
    let sql = format!(
        "UPDATE holds SET state = 'denied', resolved_at = now(), resolved_by = $3 \
         WHERE room_id = $1 AND user_id = $2 AND state = 'waiting' RETURNING {COLUMNS}"
    );
    let rows = transaction.query(&sql, &[&room.uuid(), &user.uuid(), &by.uuid()]).await?;
    Ok(rows.iter().map(kept).collect())
}

/// Ends the wait of up to `count` whose time is over. Each is answered to one caller only, on whatever node.
pub async fn expire(db: &Database, count: i64) -> Result<Vec<Kept>, Error> {
    let sql = format!(
        "UPDATE holds SET state = 'expired', resolved_at = now() WHERE id IN \
         (SELECT id FROM holds WHERE state = 'waiting' AND expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED) \
         RETURNING {COLUMNS}"
    );
    Ok(db.get().await?.query(&sql, &[&count]).await?.iter().map(kept).collect())
}

/// Deletes what was resolved longer ago than `age`; answers how many.
pub async fn forget(db: &Database, age: Duration) -> Result<u64, Error> {
    let sql =
        "DELETE FROM holds WHERE state <> 'waiting' AND resolved_at < now() - make_interval(secs => $1)";
    Ok(db.get().await?.execute(sql, &[&age.as_secs_f64()]).await?)
}
