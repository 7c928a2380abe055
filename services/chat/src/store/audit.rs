//! SQL of the audit log: who did what to whom, when and why, and what was undone. Rows are only added, an undo marks the row it
//! undoes, and old ones are deleted.

use crate::directory::Rank;
use serde_json::Value;
use std::time::Duration;
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error, GenericClient};
use time::OffsetDateTime;
use tokio_postgres::Row;

const COLUMNS: &str =
    "id, actor_id, action, target, user_id, reason, note, until, detail, at, undone_at, undone_by";

/// What is noted of an act.
#[derive(Debug)]
pub struct New<'a> {
    /// Where.
    pub room: ChannelId,
    /// Who did it.
    pub actor: UserId,
    /// `ban`, `delete`, ….
    pub action: &'a str,
    /// What it was done to, as text: an id, mostly.
    pub target: &'a str,
    /// Whom, if it was a person or something of theirs.
    pub user: Option<UserId>,
    /// Why.
    pub reason: &'a str,
    /// For moderators only.
    pub note: &'a str,
    /// The end of what has one.
    pub until: Option<OffsetDateTime>,
    /// What an undo needs.
    pub detail: Value,
}

/// What was noted.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Noted {
    pub id: i64,
    pub actor: UserId,
    pub action: String,
    pub target: String,
    pub user: Option<UserId>,
    pub reason: String,
    pub note: String,
    pub until: Option<OffsetDateTime>,
    pub detail: Value,
    pub at: OffsetDateTime,
    pub undone_at: Option<OffsetDateTime>,
    pub undone_by: Option<UserId>,
}

fn noted(row: &Row) -> Noted {
    Noted {
        id: row.get("id"),
        actor: UserId(row.get("actor_id")),
        action: row.get("action"),
        target: row.get("target"),
        user: row.get::<_, Option<uuid::Uuid>>("user_id").map(UserId),
        reason: row.get("reason"),
        note: row.get("note"),
        until: row.get("until"),
        detail: row.get("detail"),
        at: row.get("at"),
        undone_at: row.get("undone_at"),
        undone_by: row.get::<_, Option<uuid::Uuid>>("undone_by").map(UserId),
    }
}

/// Notes an act.
pub async fn note(db: &impl GenericClient, new: &New<'_>) -> Result<Noted, Error> {
    let sql = format!(
        "INSERT INTO audit (room_id, actor_id, action, target, user_id, reason, note, until, detail) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING {COLUMNS}"
    );
    let user = new.user.map(UserId::uuid);
    let row = db
        .query_one(
            &sql,
            &[
                &new.room.uuid(),
                &new.actor.uuid(),
                &new.action,
                &new.target,
                &user,
                &new.reason,
                &new.note,
                &new.until,
                &new.detail,
            ],
        )
        .await?;
    Ok(noted(&row))
}

/// Notes an act on one message, once for each actor: a repeated call, whose first answer was lost, is `None`.
pub async fn note_once(db: &impl GenericClient, new: &New<'_>) -> Result<Option<Noted>, Error> {
    let sql = "SELECT EXISTS (SELECT FROM audit WHERE room_id = $1 AND actor_id = $2 AND action = $3 AND target = $4 \
               AND user_id IS NOT DISTINCT FROM $5)";
    let user = new.user.map(UserId::uuid);
    let row =
        db.query_one(sql, &[&new.room.uuid(), &new.actor.uuid(), &new.action, &new.target, &user]).await?;
    if row.get(0) { Ok(None) } else { note(db, new).await.map(Some) }
}

/// Whether the database answers at all, for acts that are noted after they were done elsewhere. Errors: it does not.
pub async fn is_there(db: &Database) -> Result<(), Error> {
    db.get().await?.execute("SELECT 1", &[]).await?;
    Ok(())
}

/// Takes the note of an act back that could not be done.
pub async fn take_back(db: &Database, id: i64) -> Result<(), Error> {
    db.get().await?.execute("DELETE FROM audit WHERE id = $1", &[&id]).await?;
    Ok(())
}

/// Who looks at the log.
#[derive(Debug, Clone, Copy)]
pub struct Reader {
    /// Somebody who moderates.
    pub id: UserId,
    /// Of this rank.
    pub rank: Rank,
}

/// What the reader may see: what came of reports that are the owner's (`for` in the detail) or the platform's is theirs alone, and of
/// reports about oneself nobody sees anything. `$1` is the reader, `$2` the words of `for` that are for them.
const SEEN: &str =
    "(NOT detail ? 'for' OR detail->>'for' = ANY($2)) AND NOT (action LIKE 'report\\_%' AND user_id = $1)";

impl Reader {
    fn words(self) -> Vec<&'static str> {
        [("owner", Rank::Owner), ("staff", Rank::Staff)]
            .into_iter()
            .filter(|(_, least)| self.rank >= *least)
            .map(|(word, _)| word)
            .collect()
    }
}

/// The newest `count` older than `before` that the reader may see, of one person or of all.
pub async fn page(
    db: &Database,
    room: ChannelId,
    reader: Reader,
    user: Option<UserId>,
    before: Option<i64>,
    count: i64,
) -> Result<Vec<Noted>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM audit WHERE {SEEN} AND room_id = $3 AND ($4::uuid IS NULL OR user_id = $4) AND id < $5 \
         ORDER BY id DESC LIMIT $6"
    );
    let (user, before) = (user.map(UserId::uuid), before.unwrap_or(i64::MAX));
    let (id, words) = (reader.id.uuid(), reader.words());
    let rows = db.get().await?.query(&sql, &[&id, &words, &room.uuid(), &user, &before, &count]).await?;
    Ok(rows.iter().map(noted).collect())
}

/// How often each action was done to a person, as far as the reader may see.
pub async fn counts(
    db: &Database,
    room: ChannelId,
    reader: Reader,
    user: UserId,
) -> Result<Vec<(String, i64)>, Error> {
    let sql = format!(
        "SELECT action, count(*) FROM audit WHERE {SEEN} AND room_id = $3 AND user_id = $4 GROUP BY action"
    );
    let (id, words) = (reader.id.uuid(), reader.words());
    let rows = db.get().await?.query(&sql, &[&id, &words, &room.uuid(), &user.uuid()]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// One act of the room, and nobody else undoes it until the transaction ends.
pub async fn lock(
    transaction: &impl GenericClient,
    room: ChannelId,
    id: i64,
) -> Result<Option<Noted>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM audit WHERE room_id = $1 AND id = $2 FOR UPDATE");
    Ok(transaction.query_opt(&sql, &[&room.uuid(), &id]).await?.as_ref().map(noted))
}

/// Marks an act as undone.
pub async fn undone(transaction: &impl GenericClient, id: i64, by: UserId) -> Result<(), Error> {
    let sql = "UPDATE audit SET undone_at = now(), undone_by = $2 WHERE id = $1";
    transaction.execute(sql, &[&id, &by.uuid()]).await?;
    Ok(())
}

/// Marks an act as one that a later act took the place of.
pub async fn replaced(transaction: &impl GenericClient, id: i64) -> Result<(), Error> {
    let sql = "UPDATE audit SET detail = detail || '{\"replaced\": true}' WHERE id = $1";
    transaction.execute(sql, &[&id]).await?;
    Ok(())
}

/// The act that undid another; `None`: none did, or it is too old.
pub async fn undoing(
    transaction: &impl GenericClient,
    room: ChannelId,
    id: i64,
) -> Result<Option<Noted>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM audit WHERE room_id = $1 AND id > $2 AND detail->>'undid' = $3 ORDER BY id LIMIT 1"
    );
    let row = transaction.query_opt(&sql, &[&room.uuid(), &id, &id.to_string()]).await?;
    Ok(row.as_ref().map(noted))
}

/// Deletes at most `count` acts that are older than `age`; answers how many. Those that made a ban or time-out which is still kept stay.
/// Another node is at it: none.
pub async fn forget(db: &Database, age: Duration, count: i64) -> Result<u64, Error> {
    let mut connection = db.get().await?;
    let transaction = connection.transaction().await?;
    let sql = "SELECT pg_try_advisory_xact_lock(hashtextextended('chat:audit', 0))";
    if !transaction.query_one(sql, &[]).await?.get::<_, bool>(0) {
        return Ok(0);
    }
    let sql = "DELETE FROM audit WHERE id IN (SELECT id FROM audit a WHERE at < now() - make_interval(secs => $1) \
               AND NOT EXISTS (SELECT FROM bans b WHERE b.room_id = a.room_id AND b.user_id = a.user_id AND b.audit_id = a.id) LIMIT $2)";
    let gone = transaction.execute(sql, &[&age.as_secs_f64(), &count]).await?;
    transaction.commit().await?;
    Ok(gone)
}
